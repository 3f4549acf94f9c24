// Stands in for bcryptprimitives.dll, which every Windows since 8 has and Debian 12's Wine has not: the random numbers that
// Rust's standard library asks for. Only for trying the program under Wine; packaging/smoke.sh compiles it.
__declspec(dllimport) unsigned char __stdcall SystemFunction036(void *buffer, unsigned long bytes);

__declspec(dllexport) int __stdcall ProcessPrng(unsigned char *buffer, unsigned long long bytes) {
    return SystemFunction036(buffer, (unsigned long)bytes);
}

// Without a C library the linker looks for the entry here.
int __stdcall DllMainCRTStartup(void *module, unsigned long reason, void *reserved) {
    (void)module, (void)reason, (void)reserved;
    return 1;
}
