package org.rebasin.model.description;

import java.util.Arrays;
import java.util.Optional;
import org.rebasin.model.network.Gelu;
import org.rebasin.model.network.Operator;
import org.rebasin.model.network.Sigmoid;
import org.rebasin.model.network.Silu;
import org.rebasin.model.network.Tanh;

/**
 * A function of one number as an ONNX graph computes it step by step, {@code p(x) + q(x)·f(r(x))}
 * with polynomials up to the third degree. Exporters write activation functions so; in whatever
 * order they multiply and add, the same function comes out, and is recognised. Immutable.
 */
final class ScalarExpression {
  /** What {@code f} is. */
  enum Function {
    NONE,
    ERROR_FUNCTION,
    SIGMOID,
    TANH
  }

  private static final int TERMS = 4;

  /** Constants may have been rounded to sixteen bits. */
  private static final double TOLERANCE = 1e-3;

  private static final double[] ZERO = polynomial();
  private static final double[] ONE = polynomial(1);
  private static final double[] X = polynomial(0, 1);
  private static final double[] HALF_X = polynomial(0, 0.5);
  private static final double[] GELU_ARGUMENT = polynomial(0, Math.sqrt(0.5));
  private static final double[] GELU_TANH_ARGUMENT =
      polynomial(0, Math.sqrt(2 / Math.PI), 0, 0.044715 * Math.sqrt(2 / Math.PI));

  private final double[] free;
  private final double[] factor;
  private final Function function;
  private final double[] argument;

  private ScalarExpression(double[] free, double[] factor, Function function, double[] argument) {
    this.free = free;
    this.factor = factor;
    this.function = function;
    this.argument = argument;
  }

  /** The function {@code x}. */
  static ScalarExpression identity() {
    return new ScalarExpression(X, ZERO, Function.NONE, ZERO);
  }

  private static double[] polynomial(double... coefficients) {
    return Arrays.copyOf(coefficients, TERMS);
  }

  /** This plus a constant. */
  ScalarExpression plus(double constant) {
    double[] sum = free.clone();
    sum[0] += constant;
    return new ScalarExpression(sum, factor, function, argument);
  }

  /** This times a constant. */
  ScalarExpression times(double constant) {
    return new ScalarExpression(
        scaled(free, constant), scaled(factor, constant), function, argument);
  }

  private static double[] scaled(double[] polynomial, double by) {
    return Arrays.stream(polynomial).map(c -> c * by).toArray();
  }

  /** The sum, unless it has two different functions. */
  Optional<ScalarExpression> plus(ScalarExpression other) {
    if (function != Function.NONE && other.function != Function.NONE && !sameFunction(other)) {
      return Optional.empty();
    }
    ScalarExpression named = function == Function.NONE ? other : this;
    return Optional.of(
        new ScalarExpression(
            sum(free, other.free), sum(factor, other.factor), named.function, named.argument));
  }

  private boolean sameFunction(ScalarExpression other) {
    return function == other.function && Arrays.equals(argument, other.argument);
  }

  private static double[] sum(double[] one, double[] other) {
    double[] sum = one.clone();
    Arrays.setAll(sum, i -> one[i] + other[i]);
    return sum;
  }

  /** The product, unless both have a function or the degree grows too large. */
  Optional<ScalarExpression> times(ScalarExpression other) {
    if (function != Function.NONE && other.function != Function.NONE) {
      return Optional.empty();
    }
    ScalarExpression named = function == Function.NONE ? other : this;
    double[] multiplier = (named == this ? other : this).free;
    Optional<double[]> freeProduct = product(named.free, multiplier);
    Optional<double[]> factorProduct = product(named.factor, multiplier);
    return freeProduct.isEmpty() || factorProduct.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new ScalarExpression(
                freeProduct.get(), factorProduct.get(), named.function, named.argument));
  }

  private static Optional<double[]> product(double[] one, double[] other) {
    double[] product = polynomial();
    for (int i = 0; i < TERMS; i++) {
      for (int j = 0; j < TERMS; j++) {
        double term = one[i] * other[j];
        if (term != 0 && i + j >= TERMS) {
          return Optional.empty();
        }
        if (term != 0) {
          product[i + j] += term;
        }
      }
    }
    return Optional.of(product);
  }

  /** A function of this, unless this has one already. */
  Optional<ScalarExpression> under(Function outer) {
    return function == Function.NONE
        ? Optional.of(new ScalarExpression(ZERO, ONE, outer, free))
        : Optional.empty();
  }

  /** Whether it is {@code x}. */
  boolean isIdentity() {
    return function == Function.NONE && near(free, X);
  }

  /** The operator that computes just this. */
  Optional<Operator> operator() {
    boolean half = near(free, HALF_X) && near(factor, HALF_X);
    boolean plain = near(free, ZERO) && near(argument, X);
    return switch (function) {
      case ERROR_FUNCTION ->
          half && near(argument, GELU_ARGUMENT) ? Optional.of(new Gelu(false)) : Optional.empty();
      case TANH -> {
        if (half && near(argument, GELU_TANH_ARGUMENT)) {
          yield Optional.of(new Gelu(true));
        }
        yield plain && near(factor, ONE) ? Optional.of(new Tanh()) : Optional.empty();
      }
      case SIGMOID -> {
        if (plain && near(factor, X)) {
          yield Optional.of(new Silu());
        }
        yield plain && near(factor, ONE) ? Optional.of(new Sigmoid()) : Optional.empty();
      }
      case NONE -> Optional.empty();
    };
  }

  private static boolean near(double[] found, double[] expected) {
    for (int i = 0; i < TERMS; i++) {
      if (Math.abs(found[i] - expected[i]) > TOLERANCE * Math.abs(expected[i])) {
        return false;
      }
    }
    return true;
  }
}
