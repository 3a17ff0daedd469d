package org.rebasin.actors.http;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Whom a client believes to be its server, when that is not one the whole world knows. */
final class TrustedCertificates {
  private TrustedCertificates() {}

  /**
   * TLS with those who show a certificate of these, and with nobody else.
   *
   * @param certificates in PEM
   * @throws IllegalArgumentException if the file cannot be read or holds none
   */
  static SSLContext context(Path certificates) {
    try (InputStream file = Files.newInputStream(certificates)) {
      KeyStore known = KeyStore.getInstance("PKCS12");
      known.load(null, null);
      for (Certificate certificate :
          CertificateFactory.getInstance("X.509").generateCertificates(file)) {
        known.setCertificateEntry("certificate-" + known.size(), certificate);
      }
      if (known.size() == 0) {
        throw new IllegalArgumentException(
            "expected certificates in %s, found none".formatted(certificates));
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(known);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException problem) {
      throw new IllegalArgumentException(
          "expected a file of certificates in PEM, found %s: %s"
              .formatted(certificates, problem.getMessage()),
          problem);
    }
  }
}
