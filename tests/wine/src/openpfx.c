/* Opens a PFX with PFXImportCertStore, the call behind the import wizard and CertificateReconfiguration.ps1, and prints
 * what the store then holds. Under Wine the parser behind the call is GnuTLS, so nobody here wrote it; it is still not
 * Microsoft's.
 *
 *     openpfx.exe FILE PASSWORD
 *
 * One line for each certificate, UTF-8: subject, friendly name, key (yes, no), provider, key specification.
 * Exit code: 0 opened, 2 usage, 3 file unreadable, 4 refused (the Windows error code is printed). */

#include <windows.h>
#include <wincrypt.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>

#define LARGEST_FILE (16 * 1024 * 1024)

static void print_wide(const char *label, const WCHAR *text)
{
    char utf8[2048];
    if (!WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, sizeof utf8, NULL, NULL))
        strcpy(utf8, "(too long)");
    printf("%s=%s\n", label, utf8);
}

static BYTE *read_file(const WCHAR *path, DWORD *length)
{
    BYTE *data = NULL;
    LARGE_INTEGER size;
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return NULL;
    if (GetFileSizeEx(file, &size) && size.QuadPart > 0 && size.QuadPart <= LARGEST_FILE) {
        data = malloc((size_t)size.QuadPart);
        if (data && (!ReadFile(file, data, (DWORD)size.QuadPart, length, NULL) || *length != (DWORD)size.QuadPart)) {
            free(data);
            data = NULL;
        }
    }
    CloseHandle(file);
    return data;
}

static void print_certificate(PCCERT_CONTEXT certificate)
{
    WCHAR text[512];
    DWORD length = sizeof text, spec = 0;
    BYTE info_buffer[2048];
    CRYPT_KEY_PROV_INFO *info = (CRYPT_KEY_PROV_INFO *)info_buffer;
    HCRYPTPROV_OR_NCRYPT_KEY_HANDLE key = 0;
    BOOL must_free = FALSE;

    CertGetNameStringW(certificate, CERT_NAME_RDN_TYPE, 0, NULL, text, ARRAYSIZE(text));
    print_wide("subject", text);
    if (CertGetCertificateContextProperty(certificate, CERT_FRIENDLY_NAME_PROP_ID, text, &length))
        print_wide("friendly_name", text);
    length = sizeof info_buffer;
    if (CertGetCertificateContextProperty(certificate, CERT_KEY_PROV_INFO_PROP_ID, info, &length)) {
        print_wide("provider", info->pwszProvName ? info->pwszProvName : L"");
        printf("key_spec=%lu\n", info->dwKeySpec);
    }
    if (CryptAcquireCertificatePrivateKey(certificate, CRYPT_ACQUIRE_COMPARE_KEY_FLAG | CRYPT_ACQUIRE_SILENT_FLAG, NULL,
                                          &key, &spec, &must_free)) {
        printf("private_key=yes\n");
        if (must_free)
            CryptReleaseContext(key, 0);
    } else {
        printf("private_key=no\n");
    }
}

int wmain(int argc, WCHAR **argv)
{
    DWORD length = 0, count = 0;
    CRYPT_DATA_BLOB blob;
    HCERTSTORE store;
    PCCERT_CONTEXT certificate = NULL;

    _setmode(_fileno(stdout), _O_BINARY);
    if (argc != 3) {
        fprintf(stderr, "usage: openpfx FILE PASSWORD\n");
        return 2;
    }
    blob.pbData = read_file(argv[1], &length);
    blob.cbData = length;
    if (!blob.pbData) {
        fprintf(stderr, "cannot read the file: %lu\n", GetLastError());
        return 3;
    }
    store = PFXImportCertStore(&blob, argv[2], CRYPT_EXPORTABLE | CRYPT_USER_KEYSET);
    if (!store) {
        printf("refused=0x%08lx\n", GetLastError());
        return 4;
    }
    while ((certificate = CertEnumCertificatesInStore(store, certificate)) != NULL) {
        count++;
        print_certificate(certificate);
    }
    printf("certificates=%lu\n", count);
    CertCloseStore(store, 0);
    free(blob.pbData);
    return 0;
}
