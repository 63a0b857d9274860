// How much time is left until something ends, counted down each second.
import { useEffect, useState } from 'preact/hooks'
import { duration } from '../../api/contract/client/page.ts'

interface LeftProps {
  /** RFC 3339. */
  readonly until: string
  /** What it says from then on. */
  readonly over: string
}

export function Left({ until, over }: LeftProps) {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [])
  const left = Date.parse(until) - now
  return (
    <time dateTime={until} title={`until ${until.replace('T', ' ').slice(0, 19)} UTC`}>
      {until.startsWith('9999')
        ? 'until taken back'
        : left <= 0
          ? over
          : `${duration(Math.ceil(left / 1_000) * 1_000)} left`}
    </time>
  )
}
