// Finds secrets in the shell's own variables: assigned, read, looped over or compared.
import { announces, announcesSecret } from './names.ts'
import { FORMAT, type Report, setOf } from './report.ts'
import type { SimpleCommand, Word } from './word.ts'

const ASSIGNMENT = /^[A-Za-z_]\w*\+?=/
const COMPARISON = /^(?:={1,2}|!=|=~|-eq|-ne)$/
/** A single parameter, perhaps behind the letter in `[ "x$PASS" = xhunter2 ]`. */
const PARAMETER = /^["']?[xX]?\$\{?([A-Za-z_]\w*)\}?["']?$/
/** Characters; a comparison with a shorter word only asks whether a value is there. */
const LEAST_COMPARED = 4
/**
 * Names of loop variables whose words are passwords. `for token in a b c` mostly walks through other words, so it is no
 * match.
 */
const PASSWORD = /pass(?:w(?:or)?d|phrase|wort)?s?$|pwd$|^pw$/i
const READERS = setOf('read mapfile readarray vared')

const isPath = (text: string): boolean => /^(?:~|\.{0,2}\/)|[*?]/.test(text)

function commandAt(words: readonly Word[]): number {
  let at = 0
  while (at < words.length && ASSIGNMENT.test(words[at]!.value)) at++
  return at
}

/** Name of the variable that the word stands for in `text`; undefined for any other word. */
const parameterOf = (word: Word | undefined, text: string): string | undefined =>
  word?.pieces === undefined || word.to - word.from > 80
    ? undefined
    : PARAMETER.exec(text.slice(word.from, word.to))?.[1]

/** Whether the command reads its input into a variable whose name announces a secret. */
export function fillsSecret(words: readonly Word[]): boolean {
  const at = commandAt(words)
  if (!READERS.has(words[at]?.value ?? '')) return false
  return words.some(
    ({ value, pieces }, i) => i > at && pieces === undefined && !value.startsWith('-') && announces(value),
  )
}

/** Reports the secrets of all commands in a list; `text` holds their words. */
export function secretsByShell(commands: readonly SimpleCommand[], text: string, report: Report): void {
  /** Whether the commands are inside a `case` over a secret. */
  let isCase = false
  for (const { words, isPattern } of commands) {
    const at = commandAt(words)
    const name = words[at]?.value
    if (name === 'printf') printed(words, at, report)
    else if (name === 'for' || name === 'select') walked(words, at, report)
    else if (name === 'case') isCase = announces(parameterOf(words[at + 1], text))
    else if (name === 'esac') isCase = false
    if (isCase && isPattern && (words.length === 1 || name === 'case')) matched(words.at(-1)!, report)
    for (let i = at + 1; i < words.length - 1; i++) {
      if (COMPARISON.test(words[i]!.value)) compared(words[i - 1]!, words[i + 1]!, text, report)
    }
    if (COMPARISON.test(words[at + 1]?.value ?? '') && words.length > at + 2)
      compared(words[at]!, words[at + 2]!, text, report)
  }
}

/** Reports secrets in `printf -v PASSWORD %s x` and `printf 'password=%s' x`. */
function printed(words: readonly Word[], at: number, report: Report): void {
  const isVariable = words[at + 1]?.value === '-v'
  if (isVariable && announces(words[at + 2]?.value)) {
    for (const word of words.slice(at + 3)) if (!FORMAT.test(word.value)) report(word)
    return
  }
  const first = at + (isVariable ? 3 : words[at + 1]?.value === '--' ? 2 : 1)
  const format = words[first]?.value
  if (format === undefined) return
  let argument = first
  for (const { 0: conversion, index } of format.matchAll(CONVERSION)) {
    if (conversion === '%%') continue
    const word = words[++argument]
    if (word === undefined) return
    const before = format.slice(Math.max(0, index - 80), index)
    if (announces(FIELD.exec(before)?.groups?.name) || PGPASS.test(before)) report(word)
  }
}

const CONVERSION = /%(?:%|[-\d.]{0,8}[sqbdi])/g
/** The name of a field with its separator, right before the value. */
const FIELD = /(?:^|\\[nt]|[^\w.-])(?<name>[\w.-]{1,64})["']?\s{0,4}(?:=>|:=|[=: ])\s{0,4}["']?$/
/** The fields before the password, `host:port:database:user:`. */
const PGPASS = /(?:[\w.*-]+:){4}$/

/** Reports the words of `for pass in a b c`. */
function walked(words: readonly Word[], at: number, report: Report): void {
  if (words[at + 2]?.value !== 'in' || !PASSWORD.test(words[at + 1]!.value)) return
  for (const word of words.slice(at + 3)) if (!isPath(word.value)) report(word)
}

/** Reports the pattern in `case $PASS in a) …`. */
function matched(word: Word, report: Report): void {
  if (!isPath(word.value)) report(word)
}

function compared(left: Word, right: Word, text: string, report: Report): void {
  for (const [parameter, word] of [
    [left, right],
    [right, left],
  ] as const) {
    const name = parameterOf(parameter, text)
    if (name === undefined || word.value.length < LEAST_COMPARED || isPath(word.value)) continue
    if (announcesSecret(name, word.value)) report(word)
  }
}

/** Reports the value that the command gives the variable `name`: `P=x`, and `set -x P x` of fish. */
export function secretsFor(name: string, { words }: SimpleCommand, report: Report): void {
  for (const [i, word] of words.entries()) {
    const isSet = words[i - 1]?.value === name && words[0]!.value === 'set'
    const from = isSet ? 0 : word.value.startsWith(`${name}=`) ? name.length + 1 : word.value.length
    // With this name announcesSecret refuses only the names of files, placeholders and references.
    if (announcesSecret('auth-key', word.value.slice(from))) report(word, from)
  }
}

/** Reports the default in `${PASSWORD:=x}`. */
export function secretsByDefault(word: Word, report: Report): void {
  for (const { name, from, to } of word.defaults) {
    const value = word.value.slice(from, to)
    if (!isPath(value) && announcesSecret(name, value)) report(word, from, to)
  }
}
