import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.RSAPublicKeySpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;

/**
 * Java's own PKCS#12 key store as a decoder: {@code java JavaOracle.java manifest answers}.
 *
 * <p>Manifest and answers are as batch.py says. Java has no JSON reader, so the manifest is a text file here: three lines a file (id, path,
 * password as hexadecimal UTF-8, or "none"). Java shows friendly names as aliases in lower case and makes up what is missing; it
 * orders a chain by issuer names. Certificates outside the chain of a key are shown after it.
 */
final class JavaOracle {
    public static void main(String[] arguments) throws Exception {
        List<String> lines = Files.readAllLines(Path.of(arguments[0]));
        List<String> answers = new ArrayList<>();
        for (int line = 0; line + 2 < lines.size(); line += 3) {
            answers.add(answer(lines.get(line), lines.get(line + 1), password(lines.get(line + 2))));
        }
        Files.writeString(Path.of(arguments[1]), "[" + String.join(",\n", answers) + "]");
    }

    private static char[] password(String hex) {
        return hex.equals("none") ? null : new String(HexFormat.of().parseHex(hex), StandardCharsets.UTF_8).toCharArray();
    }

    private static String answer(String id, String path, char[] password) {
        try {
            return "{\"id\":" + text(id) + ",\"refused\":null," + read(path, password) + "}";
        } catch (Exception refusal) {
            StringBuilder chain = new StringBuilder();
            for (Throwable cause = refusal; cause != null; cause = cause.getCause()) {
                chain.append(chain.isEmpty() ? "" : ": ").append(cause);
            }
            return "{\"id\":" + text(id) + ",\"refused\":" + text(chain.toString()) + ",\"keys\":[],\"certificates\":[]}";
        }
    }

    private static String read(String path, char[] password) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(new ByteArrayInputStream(Files.readAllBytes(Path.of(path))), password);
        List<String> keys = new ArrayList<>();
        List<String> chains = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (String alias : Collections.list(store.aliases())) {
            if (store.isKeyEntry(alias)) {
                Key key = store.getKey(alias, password);
                keys.add("{\"spki\":" + text(spki(key)) + ",\"name\":" + text(alias) + "}");
                Certificate[] chain = store.getCertificateChain(alias);
                for (int place = 0; chain != null && place < chain.length; place++) {
                    chains.add(certificate(chain[place], place == 0 ? alias : null));
                }
            } else {
                others.add(certificate(store.getCertificate(alias), alias));
            }
        }
        chains.addAll(others);
        return "\"keys\":[" + String.join(",", keys) + "],\"certificates\":[" + String.join(",", chains) + "]";
    }

    private static String certificate(Certificate one, String alias) throws Exception {
        return "{\"sha256\":" + text(sha256(one.getEncoded())) + ",\"name\":" + (alias == null ? "null" : text(alias)) + "}";
    }

    private static String spki(Key key) throws Exception {
        RSAPrivateCrtKey rsa = (RSAPrivateCrtKey) key;
        // The primes are used, so that a key which was read only in part is found out.
        BigInteger modulus = rsa.getPrimeP().multiply(rsa.getPrimeQ());
        RSAPublicKeySpec numbers = new RSAPublicKeySpec(modulus, rsa.getPublicExponent());
        return sha256(KeyFactory.getInstance("RSA").generatePublic(numbers).getEncoded());
    }

    private static String sha256(byte[] octets) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(octets));
    }

    private static String text(String value) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char unit : value.toCharArray()) {
            if (unit < ' ' || unit > '~' || unit == '"' || unit == '\\') {
                quoted.append(String.format("\\u%04x", (int) unit));
            } else {
                quoted.append(unit);
            }
        }
        return quoted.append('"').toString();
    }
}
