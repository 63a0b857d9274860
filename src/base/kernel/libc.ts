// The C library that this process is linked with, whichever that is: for what Node itself has no call for.
import type { LibraryHandle } from 'koffi'

/**
 * Functions of asynchronous calls run on a stack of this size instead of koffi's 128 KiB: the modules that glibc loads for
 * directories (LDAP) want more.
 */
const ASYNC_STACK_BYTES = 1024 * 1024

type Koffi = typeof import('koffi')['default']

let loaded: Promise<{ readonly koffi: Koffi; readonly libc: LibraryHandle }> | undefined

/** Loaded when it is first needed; rejects where koffi has no binary for this system. */
export function loadLibc(): NonNullable<typeof loaded> {
  loaded ??= import('koffi').then(({ default: koffi }) => {
    // koffi takes this setting only before the first library is loaded.
    koffi.config({ ...koffi.config(), async_stack_size: ASYNC_STACK_BYTES })
    return { koffi, libc: koffi.load(null) }
  })
  return loaded
}
