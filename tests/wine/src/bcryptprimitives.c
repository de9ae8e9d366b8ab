/* bcryptprimitives.dll for Wine 8, which does not have it. Rust's standard library takes its random octets from
 * ProcessPrng; Windows 10 and later export it. Test scaffolding: never shipped. */

#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
    while (length > 0) {
        ULONG part = length > 0x10000 ? 0x10000 : (ULONG)length;
        if (!RtlGenRandom(data, part))
            return FALSE;
        data += part;
        length -= part;
    }
    return TRUE;
}
