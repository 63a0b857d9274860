// Where each shell looks for its start file, and the line there that loads the hook.
import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { quoteFish, quoteShell } from '../../base/quote.ts'
import type { Shell } from '../../observe/hooks/hook.ts'
import type { CommandIo, Env } from '../command.ts'
import { textOf } from './rc-file.ts'

export interface StartFile {
  /** Absolute; `home` is the person's. */
  path(env: Env, home: string): string
  /** The same in words, for the help. */
  readonly where: string
  /** True where the directory of the file is the shell's own and is made when it is not there yet. */
  readonly makesDirectory: boolean
  /** One word that the shell reads as exactly this text. */
  quote(text: string): string
  /**
   * Reads the file `kept` if it is there and this person's own; else loads what `run` prints if `test` succeeds. All three
   * in the shell's own words.
   */
  line(kept: string, test: string, run: string): string
  /** What the person has yet to do for new shells to read the file; absent or undefined: nothing. */
  hint?(env: Env, file: string): string | undefined
}

/** The shell that a person logs in to, by the name of its hook if it has one. */
export const loginShell = ({ env }: CommandIo): string =>
  basename(env.SHELL || 'bash').replace(/^dash$/, 'sh')

const posix = {
  makesDirectory: false,
  quote: quoteShell,
  line: (kept: string, test: string, run: string) =>
    `if [ -O ${kept} ]; then . ${kept}; elif ${test}; then eval "$(${run})"; fi`,
}

export const START_FILES: Readonly<Record<Shell, StartFile>> = {
  bash: {
    ...posix,
    where: '~/.bashrc',
    path: (_env, home) => join(home, '.bashrc'),
    // bash(1), INVOCATION: a login shell reads the first of these files that is there, and not ~/.bashrc.
    hint(_env, file) {
      const textIn = (name: string): string => textOf(join(dirname(file), name))
      const first =
        ['.bash_profile', '.bash_login'].find((name) => existsSync(join(dirname(file), name))) ?? '.profile'
      const text = textIn(first)
      return (text.includes('.profile') ? text + textIn('.profile') : text).includes('bashrc')
        ? undefined
        : `A login bash, as by ssh, reads ~/${first} and not this file: put  . ~/.bashrc  into that one.`
    },
  },
  zsh: { ...posix, where: '${ZDOTDIR:-~}/.zshrc', path: (env, home) => join(env.ZDOTDIR || home, '.zshrc') },
  fish: {
    where: '~/.config/fish/config.fish',
    path: (env, home) => join(env.XDG_CONFIG_HOME || join(home, '.config'), 'fish', 'config.fish'),
    makesDirectory: true,
    quote: quoteFish,
    line: (kept, test, run) => `if test -O ${kept}; source ${kept}; else if ${test}; ${run} | source; end`,
  },
  sh: {
    ...posix,
    where: '$ENV, else ~/.shrc',
    path: (env, home) => (env.ENV?.startsWith('/') ? env.ENV : join(home, '.shrc')),
    // POSIX.1-2017, sh, "ENV": the only file that an interactive sh reads which is no login shell.
    hint: (env, file) =>
      `${env.ENV === file ? '' : `sh reads it once ENV names it: put  export ENV=${quoteShell(file)}  into ~/.profile. `}Keep the line the last one. Of the shells that are called sh, the hook works in dash; it records there, and sh has no guard.`,
  },
}
