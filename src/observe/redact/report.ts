// Functions that several rules share: reporting a secret, and what a command prints.
import type { SimpleCommand, Word } from './word.ts'

/** Reports a word's value as a secret, or the part `[from, to)` of it. */
export type Report = (word: Word, from?: number, to?: number) => void

/** The words of a text, which single spaces separate. */
export const setOf = (text: string): ReadonlySet<string> => new Set(text.split(' '))

const PRINTERS = setOf('echo printf print yes')
/** A format of printf that has no text of its own. */
export const FORMAT = /^(?:%-?\d*[sbq]|\\n|\s)*$/

/** The name that a word would run, without path and without the alias or assignment in front. */
export function toolName(word: Word | undefined): string {
  const parts = /^(?:[\w.-]{1,64}=)?[!(]?(?:\S*(?:bin|examples|\/opt\/\S*)\/|\.\/)?([^/=]{1,40})$/.exec(
    word?.value ?? '',
  )
  return parts?.[1] ?? ''
}

/** The words that a command prints by itself: those of `echo`, and here-documents. */
export function reportPrinted({ words, inputs }: SimpleCommand, report: Report): void {
  for (const input of inputs) report(input)
  const at = words.findIndex((word) => PRINTERS.has(toolName(word)))
  if (at < 0 || at > 2) return
  for (const word of words.slice(at + 1)) {
    if (!/^-[a-zA-Z-]*$/.test(word.value) && !FORMAT.test(word.value)) report(word)
  }
}
