// Reads the corpora of command lines: everyday work that must stay quiet, dangerous lines and their least level.
import { readFileSync } from 'node:fs'
import type { CheckOptions, RiskLevel } from '../../../src/assist/risk/index.ts'

type Shell = NonNullable<CheckOptions['shell']>

export interface EverydayLine {
  readonly shell: Shell
  readonly command: string
}
export interface DangerousLine extends EverydayLine {
  readonly least: RiskLevel
}

/** Where the lines are typed. */
export const PLACE = { home: '/home/me', cwd: '/home/me/src/project' } as const

const read = (name: string) =>
  readFileSync(new URL(`../../corpus/${name}.txt`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
/** ␤ stands for a newline. */
const unfolded = (text: string) => text.replaceAll('␤', '\n')

/** One command a line; `# shell: zsh` changes the shell of those that follow. */
export function everydayLines(): readonly EverydayLine[] {
  let shell: Shell = 'bash'
  return read('everyday').flatMap((line) => {
    const heading = /^# shell: (\w+)$/.exec(line)
    if (heading !== null) shell = heading[1] as Shell
    return line.startsWith('# ') ? [] : [{ shell, command: unfolded(line) }]
  })
}

/** One `level[:shell] command` a line; headings start with `# ` or `## `. */
export function dangerousLines(): readonly DangerousLine[] {
  return read('dangerous').flatMap((line) => {
    const match = /^(moderate|high|critical)(?::(zsh|fish|sh))? (.*)$/.exec(line)
    if (match === null && !/^#+ /.test(line)) throw new Error(`no level: ${line}`)
    if (match === null) return []
    const [, least, shell = 'bash', command] = match
    return [{ least: least as RiskLevel, shell: shell as Shell, command: unfolded(command as string) }]
  })
}

export interface CarrierLine {
  readonly shell: Shell
  /** As it stands in the file. */
  readonly template: string
  /** The line that runs this command. */
  readonly carrying: (command: string) => string
}

/** One `shell template` a line, ▮ for the command. */
export function carrierLines(): readonly CarrierLine[] {
  return read('carriers').flatMap((line) => {
    const match = /^(bash|zsh|fish|sh) (.*▮.*)$/.exec(line)
    if (match === null && !/^#+ /.test(line)) throw new Error(`no carrier: ${line}`)
    if (match === null) return []
    const [, shell, template = ''] = match
    return [
      {
        shell: shell as Shell,
        template,
        carrying: (command) => unfolded(template.replaceAll('▮', () => command)),
      },
    ]
  })
}

/** Destructive commands of plain words with absolute paths, for carriers. */
export const PAYLOADS = [
  'rm -rf /home/me',
  'find /home/me -delete',
  'shred -u /home/me/.ssh/id_ed25519',
  'chmod -R 000 /home/me',
  'truncate -s 0 /home/me/.ssh/id_ed25519',
  'rm -r -f /etc',
] as const
