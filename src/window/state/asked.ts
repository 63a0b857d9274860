// Asks the daemon for what a view shows, keeps the last answer while the next one comes, and asks again when it changed.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { Problem } from '../../api/contract/client/page.ts'
import type { EventType } from '../../api/contract/constants.ts'
import type { Operation, RequestOf, Schema } from '../../api/contract/operation.ts'
import { onHappened } from './live.ts'
import { client, noted, session } from './session.ts'

export interface Asked<T> {
  /** The last answer; it stays while the next one is on its way, and where that one failed. */
  readonly data: T | undefined
  readonly problem: Problem | undefined
  again(): void
}

interface Wish {
  /** Asks anew when it changes; what was shown for another key is dropped. */
  readonly key: string
  /** Events after which the answer may be another one; `poll` stands for events that nobody told. A refresh always asks anew. */
  readonly on: readonly (EventType | 'poll')[]
}

/** Many events at once lead to one request in this time, so that a busy node is not asked all the time. */
const TOGETHER_MS = 1_000

export function useAsked<T>(ask: (signal: AbortSignal) => Promise<T>, { key, on }: Wish): Asked<T> {
  const [answer, setAnswer] = useState<{ key: string; data?: T; problem?: Problem }>({ key })
  const [round, setRound] = useState(0)
  const running = useRef<{ isWantedAgain: boolean } | undefined>(undefined)
  const latest = useRef(ask)
  latest.current = ask

  // A new round or key asks anew; `ask` is read when that happens.
  useEffect(() => {
    if (session.value !== 'open') return
    const ending = new AbortController()
    const own = { isWantedAgain: false }
    running.current = own
    const finish = (): void => {
      running.current = undefined
      if (own.isWantedAgain) setRound((one) => one + 1)
    }
    latest.current(ending.signal).then(
      (data) => {
        if (ending.signal.aborted) return
        setAnswer({ key, data })
        finish()
      },
      (error) => {
        if (ending.signal.aborted) return
        const problem = noted(error)
        setAnswer((before) => ({ ...(before.key === key ? before : {}), key, problem }))
        finish()
      },
    )
    return () => {
      running.current = undefined
      ending.abort(new Error('this answer is no longer needed'))
    }
  }, [key, round])

  // A request that runs is not ended for a newer one: an answer that takes longer than the events come would never arrive.
  const again = useCallback(() => {
    if (running.current === undefined) setRound((one) => one + 1)
    else running.current.isWantedAgain = true
  }, [])
  const wanted = on.join(' ')
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const stop = onHappened((what) => {
      if (what !== 'refresh' && !wanted.split(' ').includes(what)) return
      timer ??= setTimeout(() => {
        timer = undefined
        again()
      }, TOGETHER_MS)
    })
    return () => {
      clearTimeout(timer)
      stop()
    }
  }, [wanted, again])

  const own = answer.key === key ? answer : { key }
  return { data: own.data, problem: own.problem, again }
}

/** What an operation answers, asked anew after these events and those that were missed, and where it is asked for something else. */
export const useAnswer = <Query extends Schema, Body extends Schema, Answer extends object>(
  operation: Operation<Query, Body, Answer>,
  on: readonly EventType[],
  request?: RequestOf<Query, Body>,
): Asked<Answer> =>
  useAsked(
    (signal) =>
      client.call(operation as unknown as Operation<undefined, undefined, Answer>, { ...request, signal }),
    { key: `${operation.path} ${JSON.stringify(request)}`, on: [...on, 'poll'] },
  )
