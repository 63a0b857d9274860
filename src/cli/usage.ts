// The error of a command that was typed wrongly: what is wrong, at which word, and what to do about it. Also puts words before an error.
import { KaroError } from '../base/errors.ts'

export const usage = (message: string, where: string, hint?: string): KaroError =>
  new KaroError('bad_request', message, { where, hint })

/** For `catch`: an error for people gets these words in front. */
export const prefixed =
  (words: string) =>
  (error: unknown): never => {
    if (!(error instanceof KaroError)) throw error
    throw new KaroError(error.code, `${words}: ${error.message}`, {
      where: error.where,
      hint: error.hint,
      cause: error,
    })
  }
