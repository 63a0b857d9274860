// The admission as a pure state machine: who has said what, and what to do next. The same at both ends.
import type { HelloStage } from '../../../protocols/messages/hello.ts'

/** The connection's next steps, in this order. */
export type Step = { readonly say: HelloStage } | { readonly open: 'serve' | 'out' }

export type Handshake = ReturnType<typeof createHandshake>

/**
 * Each side says `yes` when it admits. A side that has said and heard `yes` serves, and only then says `ready`;
 * a side that hears `ready` may use the other. So `serve` at one end always precedes `out` at the other.
 */
export function createHandshake() {
  let ours: 'unsaid' | 'pending' | 'yes' = 'unsaid'
  let theirs: 'unsaid' | 'pending' | 'yes' = 'unsaid'
  let serves = false
  let out = false

  const agree = (): Step[] => {
    if (serves || ours !== 'yes' || theirs !== 'yes') return []
    serves = true
    return [{ open: 'serve' }, { say: 'ready' }]
  }

  return {
    /** Our own mind, at the start and whenever trust changes. Repeating it does nothing. */
    decide(admits: boolean): readonly Step[] {
      if (!admits) {
        if (ours !== 'unsaid') return []
        ours = 'pending'
        return [{ say: 'pending' }]
      }
      if (ours === 'yes') return []
      ours = 'yes'
      return [{ say: 'yes' }, ...agree()]
    },
    /** Takes a stage from the other side. Undefined if it cannot follow the earlier ones: end the connection. */
    heard(stage: HelloStage): readonly Step[] | undefined {
      if (stage === 'pending') {
        // A side that changes its mind after `yes` closes the connection instead of saying so.
        if (theirs !== 'unsaid') return undefined
        theirs = 'pending'
        return []
      }
      if (stage === 'yes') {
        if (theirs === 'yes') return undefined
        theirs = 'yes'
        return agree()
      }
      if (ours !== 'yes' || theirs !== 'yes' || out) return undefined
      out = true
      return [{ open: 'out' }]
    },
    /** Both sides admitted, both serve. */
    admitted: () => serves && out,
    /** Both sides have spoken and at least one said `pending`: nothing more happens until a person decides. */
    waits: () => ours !== 'unsaid' && theirs !== 'unsaid' && (ours === 'pending' || theirs === 'pending'),
  }
}
