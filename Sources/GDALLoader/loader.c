/* Jumps to functions of GDAL that load the library at the first call. */
#include "gdal_loader.h"

#if defined(__linux__) && defined(__x86_64__)

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#if __has_include(<gdal_version.h>)
#include <gdal_version.h>
#else
#include <gdal/gdal_version.h>
#endif

/* Where a function is, once it has been called, and its name. */
struct antares_gdal_slot {
    void *entry;
    const char *name;
};

static void *library;
static pthread_once_t loading = PTHREAD_ONCE_INIT;

/* GDAL 3.n has the binary interface number n + 26; this program must meet the one whose headers it was built with. */
static void load(void) {
    char name[64];
    snprintf(name, sizeof name, "libgdal.so.%d", GDAL_VERSION_MINOR + 26);
    library = dlopen(name, RTLD_LAZY | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "error: cannot load GDAL %d.%d: %s. Install it: apt-get install gdal-bin\n",
                GDAL_VERSION_MAJOR, GDAL_VERSION_MINOR, dlerror());
        _Exit(78);
    }
}

__attribute__((used, visibility("hidden"))) void *antares_gdal_resolve(struct antares_gdal_slot *slot) {
    pthread_once(&loading, load);
    void *entry = dlsym(library, slot->name);
    if (entry == NULL) {
        fprintf(stderr, "error: the installed GDAL lacks %s. This program needs GDAL %d.%d.\n", slot->name,
                GDAL_VERSION_MAJOR, GDAL_VERSION_MINOR);
        _Exit(78);
    }
    __atomic_store_n(&slot->entry, entry, __ATOMIC_RELEASE);
    return entry;
}

/* Saves what may hold arguments, asks for the function whose slot is in r11, and goes there. */
__asm__(
    ".text\n"
    ".hidden antares_gdal_first_call\n"
    ".type antares_gdal_first_call,@function\n"
    "antares_gdal_first_call:\n"
    "    pushq %rdi\n    pushq %rsi\n    pushq %rdx\n    pushq %rcx\n    pushq %r8\n    pushq %r9\n    pushq %rax\n"
    "    subq $128, %rsp\n"
    "    movdqu %xmm0, (%rsp)\n    movdqu %xmm1, 16(%rsp)\n    movdqu %xmm2, 32(%rsp)\n    movdqu %xmm3, 48(%rsp)\n"
    "    movdqu %xmm4, 64(%rsp)\n    movdqu %xmm5, 80(%rsp)\n    movdqu %xmm6, 96(%rsp)\n    movdqu %xmm7, 112(%rsp)\n"
    "    movq %r11, %rdi\n"
    "    call antares_gdal_resolve\n"
    "    movq %rax, %r11\n"
    "    movdqu (%rsp), %xmm0\n    movdqu 16(%rsp), %xmm1\n    movdqu 32(%rsp), %xmm2\n    movdqu 48(%rsp), %xmm3\n"
    "    movdqu 64(%rsp), %xmm4\n    movdqu 80(%rsp), %xmm5\n    movdqu 96(%rsp), %xmm6\n    movdqu 112(%rsp), %xmm7\n"
    "    addq $128, %rsp\n"
    "    popq %rax\n    popq %r9\n    popq %r8\n    popq %rcx\n    popq %rdx\n    popq %rsi\n    popq %rdi\n"
    "    jmp *%r11\n"
    ".size antares_gdal_first_call,.-antares_gdal_first_call\n");

/* Hidden, so that GDAL's calls of its own functions do not come through here. */
#define GDAL_FUNCTION(function)                                                                                        \
    __attribute__((used, visibility("hidden"))) struct antares_gdal_slot antares_gdal_slot_##function = {NULL,         \
                                                                                                       #function};     \
    __asm__(".text\n"                                                                                                  \
            ".globl " #function "\n.hidden " #function "\n.type " #function ",@function\n" #function ":\n"               \
            "    movq antares_gdal_slot_" #function "(%rip), %r11\n"                                                    \
            "    testq %r11, %r11\n"                                                                                   \
            "    je 1f\n"                                                                                              \
            "    jmp *%r11\n"                                                                                          \
            "1:  leaq antares_gdal_slot_" #function "(%rip), %r11\n"                                                    \
            "    jmp antares_gdal_first_call\n"                                                                        \
            ".size " #function ",.-" #function "\n");
#include "functions.inc"

__asm__(".section .note.GNU-stack,\"\",@progbits\n.text\n");

#endif
