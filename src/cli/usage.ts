// The error of a command that was typed wrongly: what is wrong, at which word, and what to do about it.
import { KaroError } from '../base/errors.ts'

export const usage = (message: string, where: string, hint?: string): KaroError =>
  new KaroError('bad_request', message, { where, hint })
