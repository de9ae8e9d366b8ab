/*
 * Asks Windows itself about a key container of the machine, provider type 24.
 *
 *   container make NAME          makes one with an RSA key for AT_KEYEXCHANGE
 *   container sddl NAME          prints its access list as Windows writes it
 *   container set NAME SDDL      gives it an access list
 *   container run PROGRAM ...    runs a program that may set access lists more than once
 *
 * Wine 8 asks for SeSecurityPrivilege when the access list of a container is set a second time, even where only the list
 * and not the audit list is written; Windows does not. So the privilege is enabled here, and a program that is run from here
 * inherits it.
 */
#include <windows.h>
#include <sddl.h>
#include <stdio.h>
#include <process.h>
#include <wchar.h>

static int failed(const char *what)
{
    printf("%s: error 0x%lx\n", what, GetLastError());
    return 1;
}

static int enable_security_privilege(void)
{
    HANDLE token;
    TOKEN_PRIVILEGES privileges = { 1, { { { 0, 0 }, SE_PRIVILEGE_ENABLED } } };

    return OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token)
        && LookupPrivilegeValueW(NULL, SE_SECURITY_NAME, &privileges.Privileges[0].Luid)
        && AdjustTokenPrivileges(token, FALSE, &privileges, 0, NULL, NULL);
}

int wmain(int count, wchar_t **arguments)
{
    HCRYPTPROV provider;
    HCRYPTKEY key;
    DWORD flags = CRYPT_MACHINE_KEYSET | CRYPT_SILENT;

    if (count < 3)
        return 2;
    if (!enable_security_privilege())
        return failed("AdjustTokenPrivileges");
    if (!wcscmp(arguments[1], L"run"))
        return (int)_wspawnv(_P_WAIT, arguments[2], (const wchar_t *const *)(arguments + 2));
    if (!wcscmp(arguments[1], L"make"))
        flags |= CRYPT_NEWKEYSET;
    if (!CryptAcquireContextW(&provider, arguments[2], MS_ENH_RSA_AES_PROV_W, PROV_RSA_AES, flags))
        return failed("CryptAcquireContext");
    if (!wcscmp(arguments[1], L"make")) {
        if (!CryptGenKey(provider, AT_KEYEXCHANGE, 2048 << 16, &key))
            return failed("CryptGenKey");
        return 0;
    }
    if (!wcscmp(arguments[1], L"set") && count > 3) {
        PSECURITY_DESCRIPTOR descriptor;
        if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(arguments[3], SDDL_REVISION_1, &descriptor, NULL))
            return failed("ConvertStringSecurityDescriptor");
        if (!CryptSetProvParam(provider, PP_KEYSET_SEC_DESCR, descriptor, DACL_SECURITY_INFORMATION))
            return failed("CryptSetProvParam");
        return 0;
    }
    if (!wcscmp(arguments[1], L"sddl")) {
        static DWORD buffer[16384];
        DWORD size = sizeof buffer;
        wchar_t *text;
        if (!CryptGetProvParam(provider, PP_KEYSET_SEC_DESCR, (BYTE *)buffer, &size, DACL_SECURITY_INFORMATION))
            return failed("CryptGetProvParam");
        if (!ConvertSecurityDescriptorToStringSecurityDescriptorW(buffer, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, NULL))
            return failed("ConvertSecurityDescriptorToString");
        wprintf(L"%ls\n", text);
        return 0;
    }
    return 2;
}
