import java.io.FileOutputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.crypto.spec.SecretKeySpec;

/**
 * Writes PKCS#12 key stores with Java's own provider, as keytool does: {@code java JavaMaker.java FOLDER PASSWORD}.
 *
 * <p>The folder holds leaf.key, other.key (PKCS#8 DER), leaf.der, other.der, issuing.der and root.der. What is written: java-default.p12 (two
 * entries), java-legacy.p12 (3DES and RC2-40), java-sha512.p12 (another MAC), java-no-mac.p12, java-secret.p12 (a secret key
 * beside the others) and java-trust.p12 (no key).
 */
final class JavaMaker {
    private final Path folder;
    private final char[] password;

    private JavaMaker(Path folder, char[] password) {
        this.folder = folder;
        this.password = password;
    }

    public static void main(String[] arguments) throws Exception {
        JavaMaker maker = new JavaMaker(Path.of(arguments[0]), arguments[1].toCharArray());
        maker.write("java-default.p12", maker.entries(), Map.of());
        maker.write(
                "java-legacy.p12",
                maker.entries(),
                Map.of(
                        "certProtectionAlgorithm", "PBEWithSHA1AndRC2_40",
                        "certPbeIterationCount", "50000",
                        "keyProtectionAlgorithm", "PBEWithSHA1AndDESede",
                        "macAlgorithm", "HmacPBESHA1"));
        maker.write("java-sha512.p12", maker.entries(), Map.of("macAlgorithm", "HmacPBESHA512", "macIterationCount", "30000"));
        maker.write("java-no-mac.p12", maker.entries(), Map.of("macAlgorithm", "NONE", "certProtectionAlgorithm", "NONE"));
        KeyStore secret = maker.entries();
        secret.setKeyEntry("secret", new SecretKeySpec(new byte[16], "AES"), maker.password, null);
        maker.write("java-secret.p12", secret, Map.of());
        KeyStore trust = maker.empty();
        trust.setCertificateEntry("issuing", maker.certificate("issuing"));
        trust.setCertificateEntry("root", maker.certificate("root"));
        maker.write("java-trust.p12", trust, Map.of());
    }

    private KeyStore entries() throws Exception {
        KeyStore store = empty();
        Certificate[] chain = {certificate("leaf"), certificate("issuing"), certificate("root")};
        store.setKeyEntry("CRM S2S", key("leaf"), password, chain);
        store.setKeyEntry("other", key("other"), password, new Certificate[] {certificate("other")});
        return store;
    }

    private KeyStore empty() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, password);
        return store;
    }

    private PrivateKey key(String name) throws Exception {
        byte[] der = Files.readAllBytes(folder.resolve(name + ".key"));
        return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(der));
    }

    private Certificate certificate(String name) throws Exception {
        try (var source = Files.newInputStream(folder.resolve(name + ".der"))) {
            return CertificateFactory.getInstance("X.509").generateCertificate(source);
        }
    }

    /** Key protection is chosen when an entry is set, the rest when the store is written; so the entries are set again here. */
    private void write(String file, KeyStore store, Map<String, String> settings) throws Exception {
        Map<String, String> before = new HashMap<>();
        for (var setting : settings.entrySet()) {
            String name = "keystore.pkcs12." + setting.getKey();
            before.put(name, System.getProperty(name));
            System.setProperty(name, setting.getValue());
        }
        KeyStore fresh = empty();
        for (String alias : List.copyOf(java.util.Collections.list(store.aliases()))) {
            if (store.isKeyEntry(alias)) {
                fresh.setKeyEntry(alias, store.getKey(alias, password), password, store.getCertificateChain(alias));
            } else {
                fresh.setCertificateEntry(alias, store.getCertificate(alias));
            }
        }
        try (OutputStream target = new FileOutputStream(folder.resolve(file).toFile())) {
            fresh.store(target, password);
        }
        before.forEach((name, value) -> {
            if (value == null) {
                System.clearProperty(name);
            } else {
                System.setProperty(name, value);
            }
        });
    }
}
