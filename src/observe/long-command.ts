// Where the text of a long command is cut: the same for what a shell's hook writes and for what is read from files.
import { StringDecoder } from 'node:string_decoder'

/** Longer commands are cut here and say so; a pasted file is not a command line. The hooks have the same limit. */
export const COMMAND_BYTES = 64 * 1024
export const CUT_MARK = ' …[cut]'

/** The text of the bytes that are kept, without a UTF-8 character (RFC 3629) that the cut went through. */
export const beginningOf = (bytes: Buffer): string =>
  new StringDecoder('utf8').write(bytes.subarray(0, COMMAND_BYTES))
