// What the page remembers in this browser: questions that a person saved. Never an answer.
import { signal } from '@preact/signals'

const KEY = 'karo-questions'
const QUESTIONS_MAX = 20

export interface Question {
  readonly type: string
  readonly days: number
  readonly team: string
  readonly level: '' | '1' | '2'
  readonly perNode: boolean
}

export const questions = signal<readonly Question[]>(load())

function load(): readonly Question[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(found) ? found.filter(isQuestion).slice(0, QUESTIONS_MAX) : []
  } catch {
    return []
  }
}

function isQuestion(one: unknown): one is Question {
  if (typeof one !== 'object' || one === null) return false
  const { type, days, team, level, perNode } = one as Partial<Question>
  return (
    typeof type === 'string' &&
    typeof days === 'number' &&
    typeof team === 'string' &&
    (level === '' || level === '1' || level === '2') &&
    typeof perNode === 'boolean'
  )
}

const same = (a: Question, b: Question): boolean => JSON.stringify(a) === JSON.stringify(b)

export function save(question: Question): void {
  keep([question, ...questions.value.filter((one) => !same(one, question))].slice(0, QUESTIONS_MAX))
}

export function forget(question: Question): void {
  keep(questions.value.filter((one) => !same(one, question)))
}

function keep(all: readonly Question[]): void {
  questions.value = all
  try {
    localStorage.setItem(KEY, JSON.stringify(all))
  } catch {
    // A browser that keeps nothing: they last as long as the page.
  }
}
