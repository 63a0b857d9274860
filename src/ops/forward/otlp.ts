// OpenTelemetry's own exporter; loaded only where traces are sent.
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace'
import type { Config } from '../../config/index.ts'
import { addressOf } from './network.ts'

/** Spans that wait; while no collector answers, newer ones are dropped. */
const QUEUE_MAX = 2_048
const SEND_EVERY_MS = 1_000
const SEND_MS = 10_000

export interface SendingDeps {
  readonly config: Pick<Config, 'mesh' | 'discovery' | 'forward'>
  readonly sender: { readonly name: string; readonly nodeId: string; readonly version: string }
  /** Told why the collector did not take the last ones, for people, in at most 1,024 characters; undefined: it did. */
  readonly onTrouble: (problem: string | undefined) => void
}

/** The exporter's own words for 429, 502, 503 and 504 say neither who failed nor how, and for other answers may be none. */
function reasonOf({ message, code }: Error & { code?: unknown }): string {
  if (message.endsWith(' retryable status')) return 'it answers that it is overloaded'
  return (typeof code === 'number' ? `it answers ${code} ${message}` : message).slice(0, 1_024)
}

export type Span = Omit<ReadableSpan, 'resource'>

export type Sending = Awaited<ReturnType<typeof createSending>>

/** Connects to addresses that `mesh.lan_only` and `discovery.resolvers` allow, and to no other. Rejects for a file that cannot be read. */
export async function createSending({ config, sender, onTrouble }: SendingDeps) {
  const { traces, tls_ca } = config.forward
  class Exporter extends OTLPTraceExporter {
    override export(...[spans, done]: Parameters<OTLPTraceExporter['export']>): void {
      super.export(spans, (result) => {
        onTrouble(result.error && reasonOf(result.error))
        done(result)
      })
    }
  }
  const exporter = new Exporter({
    // The configuration takes no public address. A name is looked up for each connection.
    url: new URL(`${traces.replace(/\/+$/, '')}/v1/traces`).href,
    timeoutMillis: SEND_MS,
    httpAgentOptions: {
      keepAlive: true,
      ...(tls_ca !== '' && { ca: await readFile(tls_ca) }),
      lookup(name, { all }, done) {
        addressOf(name, config, AbortSignal.timeout(SEND_MS)).then(
          (address) =>
            all ? done(null, [{ address, family: isIP(address) }]) : done(null, address, isIP(address)),
          (error: Error) => done(error, ''),
        )
      },
    },
  })
  const processor = new BatchSpanProcessor({
    exporter,
    maxQueueSize: QUEUE_MAX,
    scheduledDelayMillis: SEND_EVERY_MS,
    exportTimeoutMillis: SEND_MS,
  })
  const resource = resourceFromAttributes({
    'service.name': 'karo',
    'service.version': sender.version,
    'service.instance.id': sender.nodeId,
    'host.name': sender.name,
  })
  return {
    send: (span: Span) => processor.onEnd(Object.assign(span, { resource })),
    /** Sends what waits, if the collector takes it. */
    end: () => processor.shutdown().catch(() => {}),
  }
}
