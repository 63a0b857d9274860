// How often what is made up at random is tried: hundreds of times in `npm test`, more in `npm run soak -- properties`.

/** Set by the soak. */
const THOROUGH = process.env.KARO_THOROUGH === '1'

/** The usual number, or what the soak has time for. */
export const times = <T>(usual: T, thorough: T): T => (THOROUGH ? thorough : usual)
