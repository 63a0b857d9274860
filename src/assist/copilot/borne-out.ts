// Tells whether the ways that led to an answer have proved right often enough for it to be given with confidence.
import { RELIABILITY } from './reliability.ts'

/** Least share of right answers that each way needs. */
const LEAST = 0.75
/** So many answers, with the share of right ones of its family, are assumed of each way beside those that were counted. */
const ASSUMED = 4

const counted = (way: string): readonly [right: number, asked: number] =>
  Object.hasOwn(RELIABILITY, way) ? (RELIABILITY[way] as readonly [number, number]) : [0, 0]

/**
 * True if no way has proved wrong too often. The first of the ways is their family, `search`, `sentence` or `recipe`, whose
 * share is assumed of a way that was counted seldom or never. Without ways there is nothing to count, and it is true.
 */
export function isBorneOut([family, ...ways]: readonly string[]): boolean {
  const [allRight, all] = counted(family ?? '')
  const share = all === 0 ? 1 : allRight / all
  return ways.every((way) => {
    const [right, asked] = counted(way)
    return (right + share * ASSUMED) / (asked + ASSUMED) >= LEAST
  })
}
