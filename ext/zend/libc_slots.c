/* Puts the functions of libc_*.c into the slots through which the php binary and the
 * modules beside it call libc, and puts back what was there.
 *
 * A slot is a word that the dynamic linker fills with libc's address (R_*_JUMP_SLOT and
 * R_*_GLOB_DAT). Invariant: a slot is put back only if it still holds our function.
 */
#include "libc.h"
#include "SAPI.h"
#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__x86_64__)
# define IS_SLOT(type) ((type) == R_X86_64_JUMP_SLOT || (type) == R_X86_64_GLOB_DAT)
#elif defined(__aarch64__)
# define IS_SLOT(type) ((type) == R_AARCH64_JUMP_SLOT || (type) == R_AARCH64_GLOB_DAT)
#elif defined(__loongarch64)
# define IS_SLOT(type) ((type) == R_LARCH_JUMP_SLOT || (type) == R_LARCH_64)
#else
# define IS_SLOT(type) false
#endif

/* The php binary has about forty of the names, a module a few. Beyond it: what comes
 * after is not redirected. */
#define MOST_SLOTS 256

static struct {
	void **slot, *ours, *theirs;
} slots[MOST_SLOTS];
static unsigned used;

static void *function_named(const char *name)
{
	static const tusk_libc_function *const lists[] = {tusk_libc_processes, tusk_libc_locks, tusk_libc_names,
		tusk_libc_paths, tusk_libc_opens, tusk_libc_folders, tusk_libc_descriptors, tusk_libc_ffi};

	for (size_t list = 0; list < sizeof lists / sizeof *lists; list++) {
		for (const tusk_libc_function *at = lists[list]; at->name; at++) {
			if (strcmp(at->name, name) == 0) {
				return at->function;
			}
		}
	}
	return NULL;
}

/* Slots lie in memory that is read-only after relocation. */
static bool write_slot(void **slot, void *value, bool relro)
{
	uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE);
	void *begin = (void *) ((uintptr_t) slot & ~(page - 1));

	if (relro && mprotect(begin, page, PROT_READ | PROT_WRITE) != 0) {
		return false;
	}
	__atomic_store_n(slot, value, __ATOMIC_RELEASE);
	if (relro) {
		mprotect(begin, page, PROT_READ);
	}
	return true;
}

static bool in_relro(const struct dl_phdr_info *info, const void *slot)
{
	uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE);

	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		uintptr_t begin = info->dlpi_addr + header->p_vaddr;
		if (header->p_type == PT_GNU_RELRO && (uintptr_t) slot >= (begin & ~(page - 1))
			&& (uintptr_t) slot < ((begin + header->p_memsz) & ~(page - 1))) {
			return true;
		}
	}
	return false;
}

static void redirect(const struct dl_phdr_info *info, const ElfW(Rela) *relocations, size_t size,
	const ElfW(Sym) *symbols, const char *names)
{
	for (size_t i = 0; relocations && i < size / sizeof *relocations; i++) {
		if (!IS_SLOT(ELF64_R_TYPE(relocations[i].r_info))) {
			continue;
		}
		const char *name = names + symbols[ELF64_R_SYM(relocations[i].r_info)].st_name;
		void *ours = function_named(name);
		void **slot = (void **) (info->dlpi_addr + relocations[i].r_offset);
		if (!ours || *slot == ours || used == MOST_SLOTS) {
			continue;
		}
		void *theirs = *slot;
		if (write_slot(slot, ours, in_relro(info, slot))) {
			slots[used].slot = slot;
			slots[used].ours = ours;
			slots[used++].theirs = theirs;
			if (strcmp(name, "ffi_call") == 0) {
				tusk_ffi_found(theirs);
			}
		}
	}
}

/* The php binary itself, and modules of the folder where PHP keeps them. */
static bool is_covered(const struct dl_phdr_info *info, int position)
{
	const char *folder = PG(extension_dir);
	size_t length = strlen(folder);

	if (position == 0) {
		return true;
	}
	return length && strncmp(info->dlpi_name, folder, length) == 0 && info->dlpi_name[length] == '/'
		&& strstr(info->dlpi_name, "opcache.so") == NULL && strstr(info->dlpi_name, "xdebug.so") == NULL;
}

static int each_image(struct dl_phdr_info *info, size_t size, void *pointer)
{
	int *position = pointer;
	const ElfW(Dyn) *entry = NULL;
	const ElfW(Rela) *calls = NULL, *data = NULL;
	const ElfW(Sym) *symbols = NULL;
	const char *names = NULL;
	size_t calls_size = 0, data_size = 0;

	(void) size;
	if (!is_covered(info, (*position)++)) {
		return 0;
	}
	for (int i = 0; i < info->dlpi_phnum; i++) {
		if (info->dlpi_phdr[i].p_type == PT_DYNAMIC) {
			entry = (const ElfW(Dyn) *) (info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
		}
	}
	for (; entry && entry->d_tag != DT_NULL; entry++) {
		switch (entry->d_tag) {
			case DT_JMPREL: calls = (const void *) entry->d_un.d_ptr; break;
			case DT_PLTRELSZ: calls_size = entry->d_un.d_val; break;
			case DT_RELA: data = (const void *) entry->d_un.d_ptr; break;
			case DT_RELASZ: data_size = entry->d_un.d_val; break;
			case DT_SYMTAB: symbols = (const void *) entry->d_un.d_ptr; break;
			case DT_STRTAB: names = (const char *) entry->d_un.d_ptr; break;
		}
	}
	if (symbols && names) {
		redirect(info, calls, calls_size, symbols, names);
		redirect(info, data, data_size, symbols, names);
	}
	return 0;
}

/* At the first request: by then every module of php.ini is loaded. */
void tusk_libc_startup(void)
{
	int position = 0;

	if (!used) {
		dl_iterate_phdr(each_image, &position);
	}
}

void tusk_libc_shutdown(void)
{
	while (used) {
		used--;
		if (*slots[used].slot == slots[used].ours) {
			/* Whether the page is protected is not remembered: opening it is harmless. */
			write_slot(slots[used].slot, slots[used].theirs, true);
		}
	}
}
