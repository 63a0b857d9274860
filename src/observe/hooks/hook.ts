// What every part of a hook is made from: a shell file as it stands beside this one, and values that go in front of it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { quoteShell } from '../../base/quote.ts'

/** The name that the records carry and `karo shell` takes. */
export type Shell = 'bash' | 'zsh' | 'fish' | 'sh'

/** Text of a file by its path below this folder; in the bundle, scripts/build.ts puts the text in place of the call. */
export const shellFile = (path: string): string => readFileSync(join(import.meta.dirname, path), 'utf8')

/** Zsh code in one quoted string, read with zsh's own options: aliases and options of the person do not change it. */
export const zshSource = (code: string): string => `'builtin' 'emulate' 'zsh' '-o' 'no_aliases' \
'-o' 'no_err_exit' '-o' 'no_err_return' '-o' 'no_xtrace' '-o' 'local_traps' '-c' ${quoteShell(code)}
`
