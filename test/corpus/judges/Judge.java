import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;

/**
 * The JDK's own SunRsaSign and SunEC as a judge of signatures: no OpenSSL in it.
 *
 * <p>Reads lines of three hex fields (SubjectPublicKeyInfo, message, signature, the last two possibly
 * empty); writes its own name and version, then true or false for each line.
 */
class Judge {
  public static void main(String[] arguments) throws Exception {
    System.out.println("OpenJDK " + System.getProperty("java.version"));
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] fields = line.split(" ", -1);
      HexFormat hex = HexFormat.of();
      System.out.println(
          isSigned(hex.parseHex(fields[0]), hex.parseHex(fields[1]), hex.parseHex(fields[2])));
    }
  }

  /** Every refusal that is not false is an exception of one kind or another. */
  private static boolean isSigned(byte[] spki, byte[] message, byte[] signature) {
    try {
      for (String[] names :
          new String[][] {
            {"RSA", "RSASSA-PSS"}, {"EC", "SHA256withECDSA"}, {"Ed25519", "Ed25519"}
          }) {
        PublicKey key = keyOf(names[0], spki);
        if (key == null) continue;
        Signature verifier = Signature.getInstance(names[1]);
        verifier.initVerify(key);
        if (names[0].equals("RSA")) {
          verifier.setParameter(
              new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1));
        }
        verifier.update(message);
        return verifier.verify(signature);
      }
      return false;
    } catch (Exception refusal) {
      return false;
    }
  }

  private static PublicKey keyOf(String algorithm, byte[] spki) {
    try {
      return KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(spki));
    } catch (Exception otherAlgorithm) {
      return null;
    }
  }
}
