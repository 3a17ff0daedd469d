package org.rebasin.model.checkpoint;

/**
 * A tensor as a file holds it.
 *
 * @param declaration its name, element type and shape
 * @param position where its bytes begin, counted from the beginning of the file
 */
public record TensorEntry(TensorDeclaration declaration, long position) {
  public String name() {
    return declaration.name();
  }

  public DataType dataType() {
    return declaration.dataType();
  }

  /** A copy of the shape, row-major. */
  public long[] shape() {
    return declaration.shape();
  }

  public long elements() {
    return declaration.elements();
  }

  public long bytes() {
    return declaration.bytes();
  }

  /** Where its bytes end, counted from the beginning of the file; exclusive. */
  public long end() {
    return position + bytes();
  }
}
