// The finder's door: what a command is worth, how it fits, and what the keys do; no terminal, no daemon.
export { answersIn, fitOf, type Question, readQuestion } from './match.ts'
export { scoreOf, worthOfPlace, worthOfUse } from './rank.ts'
