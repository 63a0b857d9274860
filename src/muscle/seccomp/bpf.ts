// Classic BPF as seccomp(2) takes it: single instructions, and a program as the bytes of `struct sock_filter`.

/** One `struct sock_filter` of linux/filter.h. */
export interface Instruction {
  readonly code: number
  /** Instructions to skip when the comparison holds, and when it does not. */
  readonly jt: number
  readonly jf: number
  readonly k: number
}

// linux/bpf_common.h: load a 32-bit word at an absolute place; keep some of its bits; compare with a constant; return a constant.
const LOAD = 0x20
const AND = 0x54
const JUMP_EQUAL = 0x15
const JUMP_AT_LEAST = 0x35
const JUMP_ANY_BIT = 0x45
const RETURN = 0x06

/** Offsets in `struct seccomp_data`: number, architecture, and the lower half of each argument (both machines are little-endian). */
export const NUMBER_AT = 0
export const ARCHITECTURE_AT = 4
export const argumentAt = (index: number): number => 16 + 8 * index

export const load = (k: number): Instruction => ({ code: LOAD, jt: 0, jf: 0, k })
export const keep = (bits: number): Instruction => ({ code: AND, jt: 0, jf: 0, k: bits })
export const equal = (k: number, jt: number, jf: number): Instruction => ({ code: JUMP_EQUAL, jt, jf, k })
export const atLeast = (k: number, jt: number, jf: number): Instruction => ({
  code: JUMP_AT_LEAST,
  jt,
  jf,
  k,
})
export const anyBit = (k: number, jt: number, jf: number): Instruction => ({ code: JUMP_ANY_BIT, jt, jf, k })
export const answer = (k: number): Instruction => ({ code: RETURN, jt: 0, jf: 0, k })

const INSTRUCTION_BYTES = 8
/** BPF_MAXINSNS of linux/bpf_common.h. */
const MOST_INSTRUCTIONS = 4096

/** Throws a RangeError for a program that the kernel would refuse for its size or for a jump beyond what a byte holds. */
export function assemble(program: readonly Instruction[]): Buffer {
  if (program.length > MOST_INSTRUCTIONS) throw new RangeError('the filter has too many instructions')
  const bytes = Buffer.alloc(program.length * INSTRUCTION_BYTES)
  program.forEach(({ code, jt, jf, k }, index) => {
    const at = index * INSTRUCTION_BYTES
    bytes.writeUInt16LE(code, at)
    bytes.writeUInt8(jt, at + 2)
    bytes.writeUInt8(jf, at + 3)
    bytes.writeUInt32LE(k >>> 0, at + 4)
  })
  return bytes
}
