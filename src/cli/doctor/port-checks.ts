import { reachableHost } from '../../config/loopback.ts'
import type { Settings } from '../../config/settings-type.ts'
import type { Clock } from '../../ports/clock.ts'
import { busyPorts } from '../busy-ports.ts'
import { wantedPorts } from '../wanted-ports.ts'
import { fail, type Finding, ok, warn } from './finding.ts'

const ANSWER_MS = 3_000

/** Whether the ports can be had, or are those of the broker that runs here already. */
export async function portFindings(settings: Settings, clock: Clock): Promise<readonly Finding[]> {
  const running = await readiness(settings, clock)
  if (running === 'ready') return [ok('ports', 'guardbee runs on them and is ready')]
  if (running === 'not ready') return [warn('ports', 'guardbee runs on them and is not ready', 'see its log')]
  const wanted = wantedPorts(settings)
  const busy = await busyPorts(wanted)
  if (busy.length > 0)
    return busy.map(({ names, text }) => fail('ports', `${names.join(', ')}: ${text}`, 'free the port'))
  const ports = wanted.flatMap(({ port }) => (port === undefined ? [] : [port]))
  return [ok('ports', `${ports.join(', ')} can be had`)]
}

/** What a broker on this admin port says of itself; undefined: there is none. */
async function readiness(
  { adminBindAddress, adminPort: port }: Settings,
  clock: Clock,
): Promise<'ready' | 'not ready' | undefined> {
  if (port === undefined || port === 0) return undefined
  const abort = new AbortController()
  const timer = clock.after(ANSWER_MS, () => abort.abort())
  try {
    const response = await fetch(`http://${reachableHost(adminBindAddress)}:${port}/readyz`, {
      redirect: 'manual',
      signal: abort.signal,
    })
    const said = (await response.text()).slice(0, 100).trim()
    return said === 'ready' || said === 'not ready' ? said : undefined
  } catch {
    return undefined // nobody is there, or somebody else
  } finally {
    timer.cancel()
  }
}
