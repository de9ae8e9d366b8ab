/* Prints the owner and access list of a file as SDDL.
 *
 *     sddl.exe FILE
 *
 * Exit code: 0 printed, 2 usage, 4 the list cannot be read. */

#include <windows.h>
#include <aclapi.h>
#include <sddl.h>
#include <stdio.h>

int wmain(int argc, WCHAR **argv)
{
    const SECURITY_INFORMATION what = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    WCHAR *text = NULL;
    DWORD error;

    if (argc != 2) {
        fprintf(stderr, "usage: sddl FILE\n");
        return 2;
    }
    error = GetNamedSecurityInfoW(argv[1], SE_FILE_OBJECT, what, NULL, NULL, NULL, NULL, &descriptor);
    if (error != ERROR_SUCCESS
        || !ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor, SDDL_REVISION_1, what, &text, NULL)) {
        fprintf(stderr, "cannot read the access list: %lu\n", error ? error : GetLastError());
        return 4;
    }
    printf("%ls\n", text);
    LocalFree(text);
    LocalFree(descriptor);
    return 0;
}
