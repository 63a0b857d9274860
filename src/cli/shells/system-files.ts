// The start files that every interactive shell of a machine reads, and the hook's line in them.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { quoteFish, quoteShell } from '../../base/quote.ts'
import type { Shell } from '../../observe/hooks/hook.ts'
import { editFile, markedLines, removeEmpty, textOf, withLine, withoutLine } from './rc-file.ts'

interface SystemFile {
  readonly shell: Shell
  /** Below the root; the first one whose directory or file is there. Debian's and Arch's first, then Fedora's. */
  readonly places: readonly string[]
  /** `file`: only a file that is there is changed. `directory`: the file is Karo's own, in a directory that is there. */
  readonly needs: 'file' | 'directory'
  /** One word that the shell reads as exactly this text. */
  quote(text: string): string
  /** Loads the hook in interactive shells only; `test` says whether the program is there. */
  line(test: string, run: string): string
}

const posix = (test: string, run: string): string => `if ${test}; then eval "$(${run})"; fi`
/** Some systems read the file in every bash. */
const interactive = (test: string, run: string): string => `case $- in *i*) ${posix(test, run)} ;; esac`

const FILES: readonly SystemFile[] = [
  {
    shell: 'bash',
    places: ['etc/bash.bashrc', 'etc/bashrc'],
    needs: 'file',
    quote: quoteShell,
    line: interactive,
  },
  { shell: 'zsh', places: ['etc/zsh/zshrc', 'etc/zshrc'], needs: 'file', quote: quoteShell, line: posix },
  {
    shell: 'fish',
    places: ['etc/fish/conf.d/karo.fish'],
    needs: 'directory',
    quote: quoteFish,
    line: (test, run) => `if status is-interactive; and ${test}; ${run} | source; end`,
  },
]

/**
 * Puts the line into the start file of each shell that is installed, or takes it out. Whatever else is in the files stays;
 * each file is replaced as a whole. `root` is `/`; `program` is the words that start this program, absolute paths: by its
 * name, root's shell would run what the PATH of the person before `su` has under that name. Throws KaroError `bad_file`, after which the files before that one are
 * changed; running it again, or the other way round, is safe.
 */
export function changeSystemFiles(
  what: 'install' | 'uninstall',
  {
    root,
    flags,
    program,
  }: {
    readonly root: string
    readonly flags: readonly string[]
    readonly program: readonly string[]
  },
) {
  return FILES.flatMap(({ shell, places, needs, quote, line }) => {
    const paths = places.map((place) => join(root, place))
    const file = paths.find((path) => existsSync(needs === 'file' ? path : dirname(path)))
    if (file === undefined) return []
    // After a removal of Karo the line does nothing.
    const test = program.map((word, i) => `test ${i === 0 ? '-x' : '-r'} ${quote(word)}`).join(' && ')
    const own = line(test, [...program.map(quote), 'shell init', shell, ...flags].join(' '))
    const change = what === 'install' ? (text: string) => withLine(text, own) : withoutLine
    const changed = (needs === 'file' || what === 'install' || existsSync(file)) && editFile(file, change)
    if (what === 'uninstall' && needs === 'directory' && changed) removeEmpty(file)
    return [{ shell, file, changed }]
  })
}

/** The lines by which start files of the machine load the hook of each shell that has any. */
export const systemHooks = (root = '/'): ReadonlyMap<Shell, string> =>
  new Map(
    FILES.map(({ shell, places }): [Shell, string] => [
      shell,
      places.flatMap((place) => markedLines(textOf(join(root, place)))).join('\n'),
    ]).filter(([, lines]) => lines !== ''),
  )
