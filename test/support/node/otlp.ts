// A collector of traces as OpenTelemetry describes it (OTLP/HTTP with JSON), which keeps what it gets.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { atEnd } from '../run/processes.ts'

type Attributes = readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[]

interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Attributes }
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly traceId: string
        readonly spanId: string
        readonly parentSpanId?: string
        readonly name: string
        readonly startTimeUnixNano: string
        readonly endTimeUnixNano: string
        readonly attributes: Attributes
      }[]
    }[]
  }[]
}

interface TakenSpan {
  readonly trace: string
  readonly id: string
  readonly parent: string | undefined
  readonly name: string
  readonly ms: number
  readonly attributes: Readonly<Record<string, unknown>>
  /** Of the node that sent it. */
  readonly resource: Readonly<Record<string, unknown>>
}

const read = (attributes: Attributes): Readonly<Record<string, unknown>> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))

export interface OtlpCollector {
  readonly url: string
  /** Everything that came, as it came. */
  text(): string
  spans(): readonly TakenSpan[]
}

export async function startOtlp(): Promise<OtlpCollector> {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece))
    request.on('end', () => {
      if (request.method === 'POST' && request.url === '/v1/traces') bodies.push(body)
      response.setHeader('content-type', 'application/json')
      response.end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  atEnd(() => {
    server.close()
    server.closeAllConnections()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    text: () => bodies.join('\n'),
    spans: () =>
      bodies.flatMap((body) =>
        (JSON.parse(body) as Sent).resourceSpans.flatMap(({ resource, scopeSpans }) =>
          scopeSpans.flatMap(({ spans }) =>
            spans.map((span) => ({
              trace: span.traceId,
              id: span.spanId,
              parent: span.parentSpanId || undefined,
              name: span.name,
              ms: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6,
              attributes: read(span.attributes),
              resource: read(resource.attributes),
            })),
          ),
        ),
      ),
  }
}
