// The finder's door: ranks and matches commands and handles keys, without terminal and daemon.

export { createKeyReader, type Key } from './keys.ts'
export { answersIn, fitOf, type Match, readQuestion } from './match.ts'
export { scoreOf, worthOfPlace, worthOfUse } from './rank.ts'
export {
  type Effect,
  type FinderState,
  type FinderTerms,
  type Found,
  type Inspected,
  initialState,
  type Mode,
  onAnswer,
  onKey,
  type Step,
} from './state.ts'
