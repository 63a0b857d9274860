// The start files that every interactive shell of a machine reads, and the hook's line in them.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Random } from '../../base/clock.ts'
import type { Shell } from '../../observe/hooks/hook.ts'
import { editFile, withLine, withoutLine } from './rc-file.ts'

interface SystemFile {
  readonly shell: Shell
  /** Below the root; the first one whose directory or file is there. Debian's and Arch's first, then Fedora's. */
  readonly places: readonly string[]
  /** `file`: only a file that is there is changed. `directory`: the file is Karo's own, in a directory that is there. */
  readonly needs: 'file' | 'directory'
  /** Loads the hook in interactive shells only. */
  line(run: string): string
}

/** `karo` is looked for by name, so that the line stays right after an update and does nothing after a removal. */
const posix = (run: string): string => `if command -v karo >/dev/null 2>&1; then eval "$(${run})"; fi`
/** Some systems read the file in every bash. */
const interactive = (run: string): string => `case $- in *i*) ${posix(run)} ;; esac`

const FILES: readonly SystemFile[] = [
  { shell: 'bash', places: ['etc/bash.bashrc', 'etc/bashrc'], needs: 'file', line: interactive },
  { shell: 'zsh', places: ['etc/zsh/zshrc', 'etc/zshrc'], needs: 'file', line: posix },
  {
    shell: 'fish',
    places: ['etc/fish/conf.d/karo.fish'],
    needs: 'directory',
    line: (run) => `if status is-interactive; and command -q karo; ${run} | source; end`,
  },
]

export interface SystemChange {
  readonly shell: Shell
  readonly file: string
  readonly changed: boolean
}

/**
 * Puts the line into the start file of each shell that is installed, or takes it out. Whatever else is in the files stays;
 * each file is replaced as a whole. `root` is `/`. Throws KaroError `bad_file`, after which the files before that one are
 * changed; running it again, or the other way round, is safe.
 */
export function changeSystemFiles(
  what: 'install' | 'uninstall',
  {
    root,
    flags,
    random,
  }: { readonly root: string; readonly flags: readonly string[]; readonly random: Random },
): readonly SystemChange[] {
  return FILES.flatMap(({ shell, places, needs, line }) => {
    const paths = places.map((place) => join(root, place))
    const file = paths.find((path) => existsSync(needs === 'file' ? path : dirname(path)))
    if (file === undefined) return []
    const own = line(['karo shell init', shell, ...flags].join(' '))
    const change = what === 'install' ? (text: string) => withLine(text, own) : withoutLine
    const changed =
      (needs === 'file' || what === 'install' || existsSync(file)) && editFile(file, change, random)
    if (what === 'uninstall' && needs === 'directory' && changed) removeEmpty(file)
    return [{ shell, file, changed }]
  })
}

/** Removes Karo's own file if nobody has added anything to it. The directory is the shell's and stays. */
function removeEmpty(file: string): void {
  if (readFileSync(file, 'latin1').trim() === '') rmSync(file)
}
