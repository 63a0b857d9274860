// The library of property tests, with one seed for all of `npm test`, so that a run fails for what was changed and never by luck.
import fc from 'fast-check'

/**
 * The soak draws another seed for each run (`npm run soak -- properties`) and prints it; set to a number, the variable
 * repeats one.
 */
fc.configureGlobal({ seed: Number(process.env.KARO_SEED ?? 20_26) })

export default fc
