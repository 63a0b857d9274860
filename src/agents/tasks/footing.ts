// What a task rests on: the capabilities by which the gates let it through, and whether one of them was taken back.

/** Why a task or an agent ends, for people. */
export const TAKEN_BACK = 'a grant or a secret that it needs was taken back'

/** What was taken back: something of this one person, or this capability, so that what rests on others goes on. */
export interface Taken {
  readonly person?: number
  /** Its id. */
  readonly capability?: string
}

/** Of one task. A capability may be taken back before it is told that the task rests on it. */
export function createFooting() {
  let by: readonly string[] = []
  const taken = new Set<string>()
  return {
    /** By these it was let through, or has it wait for a person. False: one of them is gone. */
    holdsBy(capabilities: readonly string[]): boolean {
      by = capabilities
      return !capabilities.some((id) => taken.has(id))
    },
    /** Whether the task was let through by what was taken back; undefined: all of its person's. */
    restsOn(capability: string | undefined): boolean {
      if (capability !== undefined) taken.add(capability)
      return capability === undefined || by.includes(capability)
    },
  }
}
