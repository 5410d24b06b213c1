import { BrokerError } from '../../core/errors.ts'
import type { Segment } from './segment.ts'
import type { StoredBody } from './stored-body.ts'

/** Bodies no further apart than this are read in one go: the bytes between them cost less than another read. */
const GAP_BYTES_MAX = 32 * 1024
const RUN_BYTES_MAX = 1024 * 1024

/** A body, and where its bytes go. */
export interface WantedBody {
  readonly body: StoredBody
  readonly start: number
}

/** Bodies that lie close together. */
interface Run {
  readonly segment: Segment
  readonly start: number
  end: number
  readonly wanted: WantedBody[]
}

/** Reads bodies from where they lie on the disk to their places in `into`. */
export async function readBodies(wanted: readonly WantedBody[], into: Buffer): Promise<void> {
  await Promise.all(runsOf(wanted).map(run => readRun(run, into)))
}

async function readRun({ segment, start, end, wanted }: Run, into: Buffer): Promise<void> {
  const [first] = wanted
  if (wanted.length === 1 && first !== undefined) {
    return await readWhole(segment, into.subarray(first.start, first.start + first.body.length), start)
  }
  // They may be moved to another segment while this one is read.
  const offsets = wanted.map(({ body }) => body.offset - start)
  const bytes = Buffer.allocUnsafe(end - start)
  await readWhole(segment, bytes, start)
  for (const [index, { body, start: to }] of wanted.entries()) {
    const offset = offsets[index] ?? 0
    bytes.copy(into, to, offset, offset + body.length)
  }
}

async function readWhole(segment: Segment, into: Buffer, offset: number): Promise<void> {
  const read = await segment.read(into, offset)
  if (read < into.length) throw new BrokerError('STORE_DAMAGED', `${segment.name} is shorter than it was`)
}

function runsOf(wanted: readonly WantedBody[]): readonly Run[] {
  const runs: Run[] = []
  for (const one of [...wanted].sort(byPlace)) {
    const { segment, offset, length } = one.body
    if (segment === undefined) throw new BrokerError('STORE_UNAVAILABLE', 'a message is asked for before it is safe')
    const run = runs.at(-1)
    if (run?.segment === segment && offset - run.end <= GAP_BYTES_MAX && offset - run.start <= RUN_BYTES_MAX) {
      run.end = Math.max(run.end, offset + length)
      run.wanted.push(one)
    } else runs.push({ segment, start: offset, end: offset + length, wanted: [one] })
  }
  return runs
}

function byPlace({ body: one }: WantedBody, { body: other }: WantedBody): number {
  return (one.segment?.number ?? 0) - (other.segment?.number ?? 0) || one.offset - other.offset
}
