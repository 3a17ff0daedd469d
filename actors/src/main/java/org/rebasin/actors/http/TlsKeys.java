package org.rebasin.actors.http;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Collections;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * The server's key and certificate.
 *
 * @param keystore a PKCS#12 file
 * @param password of the file and its key
 */
public record TlsKeys(Path keystore, String password) {
  /**
   * What TLS is served by.
   *
   * @throws IllegalArgumentException if the file cannot be read or holds no key
   */
  SSLContext context() {
    try (InputStream file = Files.newInputStream(keystore)) {
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(file, password.toCharArray());
      for (String alias : Collections.list(keys.aliases())) {
        if (keys.isKeyEntry(alias)) {
          return context(keys);
        }
      }
      throw new IllegalArgumentException(
          "rebasin.http.tls.keystore: expected a key in %s, found none".formatted(keystore));
    } catch (IOException | GeneralSecurityException problem) {
      throw new IllegalArgumentException(
          "rebasin.http.tls.keystore: expected a PKCS#12 file that the password opens, found "
              + "%s: %s".formatted(keystore, problem.getMessage()),
          problem);
    }
  }

  private SSLContext context(KeyStore keys) throws GeneralSecurityException {
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys, password.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    return context;
  }

  /** Secrets stay out of logs. */
  @Override
  public String toString() {
    return keystore.toString();
  }
}
