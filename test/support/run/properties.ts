// The library of property tests, with one seed for all of `npm test`, so that a run fails for what was changed and never by luck.
import fc from 'fast-check'

/**
 * The soak draws another seed for each run (`npm run soak -- properties`) and prints it; set to a number, the variable
 * repeats one.
 */
fc.configureGlobal({ seed: Number(process.env.KARO_SEED ?? 20_26) })

/** Any code point, half of a pair as well. */
const codePoint = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code))

/** Any text. What the library has for that (`unit: 'binary'`) makes a table of a million code points in each process first. */
export const anyText = (of: fc.StringSharedConstraints = {}): fc.Arbitrary<string> =>
  // The library's own texts bring words like `__proto__`.
  fc.oneof(
    { weight: 15, arbitrary: fc.string({ ...of, unit: codePoint }) },
    { weight: 1, arbitrary: fc.string(of) },
  )

type Holds<Ts extends unknown[], Said> = [
  ...drawn: { [At in keyof Ts]: fc.Arbitrary<Ts[At]> },
  holds: (...drawn: Ts) => Said,
]
type Some = [unknown, ...unknown[]]

/** It holds for whatever is drawn. */
export const forAll = <Ts extends Some>(...of: Holds<Ts, boolean | undefined>) =>
  fc.assert(fc.property(...of))
export const forAllAsync = <Ts extends Some>(...of: Holds<Ts, Promise<boolean | undefined>>): Promise<void> =>
  fc.assert(fc.asyncProperty(...of))
/** `forAll` and `forAllAsync` with another number of runs, or examples that are always tried. */
export const forAllIn = <Ts extends Some>(how: fc.Parameters<Ts>, ...of: Holds<Ts, boolean | undefined>) =>
  fc.assert(fc.property(...of), how)
export const forAllAsyncIn = <Ts extends Some>(
  how: fc.Parameters<Ts>,
  ...of: Holds<Ts, Promise<boolean | undefined>>
): Promise<void> => fc.assert(fc.asyncProperty(...of), how)

export default fc
