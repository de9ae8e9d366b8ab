/*
 * Asks Windows itself about the certificate stores of the machine.
 *
 *   certstore list STORE                            prints one line for each certificate: thumbprint, friendly name, provider,
 *                                                   type, KeySpec, key set, container, and whether the container holds the
 *                                                   key of the certificate
 *   certstore add FILE CONTAINER PROVIDER TYPE      puts a DER certificate into My, with a key that it names
 */
#include <windows.h>
#include <wincrypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

static int failed(const char *what)
{
    printf("%s: error 0x%lx\n", what, GetLastError());
    return 1;
}

/* Opens the container and compares its public key with that of the certificate. */
static const char *key_of(PCCERT_CONTEXT certificate, CRYPT_KEY_PROV_INFO *info)
{
    HCRYPTPROV provider;
    static BYTE buffer[8192];
    DWORD size = sizeof buffer;
    const char *answer = "other";

    if (!CryptAcquireContextW(&provider, info->pwszContainerName, info->pwszProvName, info->dwProvType,
                              (info->dwFlags & CRYPT_MACHINE_KEYSET) | CRYPT_SILENT))
        return "missing";
    if (!CryptExportPublicKeyInfo(provider, info->dwKeySpec, X509_ASN_ENCODING, (CERT_PUBLIC_KEY_INFO *)buffer, &size))
        answer = "nokey";
    else if (CertComparePublicKeyInfo(X509_ASN_ENCODING, (CERT_PUBLIC_KEY_INFO *)buffer,
                                      &certificate->pCertInfo->SubjectPublicKeyInfo))
        answer = "same";
    CryptReleaseContext(provider, 0);
    return answer;
}

static int list(HCERTSTORE store)
{
    PCCERT_CONTEXT certificate = NULL;

    while ((certificate = CertEnumCertificatesInStore(store, certificate))) {
        BYTE print[20];
        DWORD size = sizeof print, index;
        static BYTE info_buffer[8192];
        static wchar_t name[512];
        CRYPT_KEY_PROV_INFO *info = (CRYPT_KEY_PROV_INFO *)info_buffer;

        if (!CertGetCertificateContextProperty(certificate, CERT_SHA1_HASH_PROP_ID, print, &size))
            return failed("CERT_SHA1_HASH");
        for (index = 0; index < size; index++)
            printf("%02X", print[index]);
        size = sizeof name;
        if (!CertGetCertificateContextProperty(certificate, CERT_FRIENDLY_NAME_PROP_ID, name, &size))
            name[0] = 0;
        printf(" name=%ls", name);
        size = sizeof info_buffer;
        if (CertGetCertificateContextProperty(certificate, CERT_KEY_PROV_INFO_PROP_ID, info, &size))
            printf(" provider=%ls type=%lu spec=%lu machine=%d container=%ls key=%s", info->pwszProvName, info->dwProvType,
                   info->dwKeySpec, (info->dwFlags & CRYPT_MACHINE_KEYSET) != 0, info->pwszContainerName,
                   key_of(certificate, info));
        printf("\n");
    }
    return 0;
}

static int add(HCERTSTORE store, wchar_t **arguments)
{
    static BYTE der[65536];
    FILE *file = _wfopen(arguments[0], L"rb");
    size_t size = file ? fread(der, 1, sizeof der, file) : 0;
    CRYPT_KEY_PROV_INFO info = { arguments[1], arguments[2], wcstoul(arguments[3], NULL, 10), CRYPT_MACHINE_KEYSET,
                                 0, NULL, AT_KEYEXCHANGE };
    PCCERT_CONTEXT certificate = CertCreateCertificateContext(X509_ASN_ENCODING, der, size);

    if (!certificate)
        return failed("CertCreateCertificateContext");
    if (!CertSetCertificateContextProperty(certificate, CERT_KEY_PROV_INFO_PROP_ID, 0, &info))
        return failed("CertSetCertificateContextProperty");
    if (!CertAddCertificateContextToStore(store, certificate, CERT_STORE_ADD_NEW, NULL))
        return failed("CertAddCertificateContextToStore");
    return 0;
}

int wmain(int count, wchar_t **arguments)
{
    const wchar_t *name = L"My";
    HCERTSTORE store;
    int result = 2;

    if (count == 3 && !wcscmp(arguments[1], L"list"))
        name = arguments[2];
    store = CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, CERT_SYSTEM_STORE_LOCAL_MACHINE, name);
    if (!store)
        return failed("CertOpenStore");
    if (count == 3 && !wcscmp(arguments[1], L"list"))
        result = list(store);
    if (count == 6 && !wcscmp(arguments[1], L"add"))
        result = add(store, arguments + 2);
    if (!CertCloseStore(store, 0))
        return failed("CertCloseStore");
    return result;
}
