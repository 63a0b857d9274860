// What the rules have in common: how they report a secret, and what a command prints.
import type { SimpleCommand, Word } from './word.ts'

/** Takes the part `[from, to)` of a word's value out. */
export type Report = (word: Word, from: number, to: number) => void

const PRINTERS: ReadonlySet<string> = new Set(['echo', 'printf', 'print', 'yes'])
/** printf's format without any text of its own. */
export const FORMAT = /^(?:%-?\d*[sbq]|\\n|\s)*$/

export const whole =
  (report: Report) =>
  (word: Word): void =>
    report(word, 0, word.value.length)

/** The name a word would run, without the path and without what an alias or assignment puts in front. */
export function toolName(word: Word | undefined): string {
  const value = word?.value ?? ''
  const name = /^(?:[\w.-]{1,64}=)?[!(]?(?:\S*bin\/|\.\/)?([^/=]{1,40})$/.exec(value)?.[1]
  return name ?? ''
}

/** What a command prints of its own: `echo`'s words, here-documents. */
export function reportPrinted({ words, inputs }: SimpleCommand, report: Report): void {
  inputs.forEach(whole(report))
  const at = words.findIndex((word) => PRINTERS.has(toolName(word)))
  if (at < 0 || at > 2) return
  for (const word of words.slice(at + 1)) {
    if (!/^-[a-zA-Z-]*$/.test(word.value) && !FORMAT.test(word.value)) whole(report)(word)
  }
}
