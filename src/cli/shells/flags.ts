// Flags of the hook: options of `karo shell init`, which the line of a start file keeps.
import type { OptionsByName, OptionWords } from '../command.ts'

export const NO_GUARD = 'no-guard'
export const CTRL_R = 'ctrl-r'
export const UP = 'up'
export const ASK_KEY = 'ask-key'
/** What karo service install adds where no systemd runs. */
export const START = 'start'
export const KEEP = 'keep'

/** Options of `shell init`. `shell install` writes the given ones into the start file's line, and keeps those in it. */
export const HOOK_OPTIONS: OptionsByName = {
  [NO_GUARD]: 'only record; the guard does not judge commands before they run',
  [CTRL_R]: 'Ctrl-R searches recorded commands, like karo history --interactive (bash, zsh, fish)',
  [UP]: 'the key Up opens the finder with what this shell ran, the newest next to the prompt (bash, zsh, fish)',
  [ASK_KEY]:
    'Alt-K turns the words on the prompt line into a command, like karo ask; on an empty line it mends the last one, like karo fix (bash, zsh, fish)',
  [START]: 'a new shell starts the node if none runs; for machines without systemd',
}
export const HOOK_FLAGS: readonly string[] = Object.keys(HOOK_OPTIONS).map((name) => `--${name}`)

/** Options of `shell install` that take a flag out of the line again. */
export const WITHOUT: Readonly<Record<string, OptionWords & { readonly flag: string }>> = {
  guard: { flag: `--${NO_GUARD}`, description: 'turn the guard on again after --no-guard' },
  'no-start': { flag: `--${START}`, description: 'new shells no longer start the node' },
  'no-ask-key': { flag: `--${ASK_KEY}`, description: 'remove Alt-K again' },
  'no-ctrl-r': { flag: `--${CTRL_R}`, description: "give Ctrl-R back to the shell's own search" },
  'no-up': { flag: `--${UP}`, description: "give Up back to the shell's own history" },
}

/** The flags for the new line, from the present lines and the given options, in the order of HOOK_FLAGS. */
export function flagsFrom(
  lines: readonly string[],
  given: readonly string[] = [],
  undone: readonly string[] = [],
): readonly string[] {
  const had = (flag: string): boolean => lines.some((line) => line.includes(` ${flag}`))
  return HOOK_FLAGS.filter((flag) => given.includes(flag) || (had(flag) && !undone.includes(flag)))
}

/** The line of a start file with these flags in place of its own, in its call and in the name of the kept hook. */
export function withFlags(line: string, shell: string, flags: readonly string[]): string {
  const had = `--(?:${HOOK_FLAGS.map((flag) => flag.slice(2)).join('|')})`
  return line
    .replace(new RegExp(`( shell init ${shell})(?: ${had})*(?=[ )|]|$)`, 'g'), (_, call: string) =>
      [call, ...flags].join(' '),
    )
    .replace(new RegExp(`(/shells/${shell})(?:${had})*(?=['" ;\\]])`, 'g'), (_, file: string) =>
      [file, ...flags].join(''),
    )
}
