import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Store } from '../../../../src/ports/store.ts'
import { SEGMENT_HEAD_BYTES, segmentName } from '../../../../src/store/embedded/segment-format.ts'
import { append, claim, message, queued, subscription } from '../../../contract/store-contract.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { FragileFolder } from '../../../support/fragile-folder.ts'
import { RecordingLog } from '../../../support/recording-log.ts'
import { contents, openFragile } from '../../../support/recovered-store.ts'

const FIRST = segmentName(1)

/** A folder whose broker was killed after `fill`. */
async function filled(fill: (store: Store) => Promise<void>, segmentBytes?: number): Promise<FragileFolder> {
  const folder = new FragileFolder()
  const limits = segmentBytes === undefined ? {} : { segmentBytes }
  const store = await openFragile(folder, new FakeClock(), { limits })
  await fill(store)
  const left = folder.afterCrash()
  await store.close()
  return left
}

async function threeCommits(store: Store): Promise<void> {
  await claim(store)
  await append(store, 'one', 'c')
  await append(store, 'two', 'c')
}

function withByte(bytes: Buffer, offset: number, change: number): Buffer {
  const changed = Buffer.from(bytes)
  changed[offset] = (changed[offset] ?? 0) ^ change
  return changed
}

function refusal(file: string, what: RegExp): (error: unknown) => boolean {
  return error => {
    assert(error instanceof Error && 'code' in error)
    assert.equal(error.code, 'STORE_DAMAGED')
    assert(error.message.includes(`/fragile/${file}`), error.message)
    assert.match(error.message, what)
    return true
  }
}

describe('a store on disk', () => {
  it('of another format is refused, and both formats are named', async () => {
    const folder = await filled(threeCommits)
    const bytes = folder.bytesOf(FIRST)
    bytes.writeUInt32BE(7, 8)
    folder.replace(FIRST, bytes)
    await assert.rejects(openFragile(folder, new FakeClock()), refusal(FIRST, /written in format 7.*format 1/))
  })

  it('that begins like something else is refused', async () => {
    const folder = await filled(threeCommits)
    folder.replace(FIRST, Buffer.from('PK\u0003\u0004 this is some other file of another program'))
    await assert.rejects(openFragile(folder, new FakeClock()), refusal(FIRST, /not that of a segment/))
  })

  it('with a segment missing is refused, and the segment is named', async () => {
    const folder = await filled(async store => {
      await claim(store)
      for (let i = 0; i < 10; i++) await append(store, 'x'.repeat(100), 'c')
    }, 400)
    assert(folder.names.length > 4)
    await folder.remove(segmentName(2))
    await assert.rejects(openFragile(folder, new FakeClock()), refusal(segmentName(2), /missing/))
  })

  it('with any byte changed before its last record is refused with the name of the file', async () => {
    const folder = await filled(threeCommits)
    const bytes = folder.bytesOf(FIRST)
    const lastRecord = bytes.lastIndexOf(bytes.subarray(SEGMENT_HEAD_BYTES, SEGMENT_HEAD_BYTES + 4))
    const property = fc.asyncProperty(
      fc.integer({ min: 0, max: lastRecord - 1 }),
      fc.integer({ min: 1, max: 255 }),
      async (offset, change) => {
        const damaged = new FragileFolder(new Map([[FIRST, withByte(bytes, offset, change)]]))
        await assert.rejects(openFragile(damaged, new FakeClock()), refusal(FIRST, /./))
      },
    )
    await fc.assert(property, { numRuns: 300 })
  })

  it('with any byte changed in a segment before the last one is refused', async () => {
    const folder = await filled(async store => {
      await claim(store)
      for (let i = 0; i < 5; i++) await append(store, 'x'.repeat(100), 'c')
    }, 400)
    const files = new Map(folder.names.map(name => [name, folder.bytesOf(name)]))
    const bytes = folder.bytesOf(segmentName(2))
    const property = fc.asyncProperty(
      fc.integer({ min: 0, max: bytes.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      async (offset, change) => {
        const damaged = new FragileFolder(new Map([...files, [segmentName(2), withByte(bytes, offset, change)]]))
        await assert.rejects(openFragile(damaged, new FakeClock()), refusal(segmentName(2), /./))
      },
    )
    await fc.assert(property, { numRuns: 300 })
  })

  for (const durability of ['fsync', 'os'] as const) {
    it(`that was closed, with ${durability}, is refused with any byte changed`, async () => {
      const folder = new FragileFolder()
      const closed = await openFragile(folder, new FakeClock(), { durability })
      await threeCommits(closed)
      const { length } = folder.bytesOf(FIRST)
      await closed.close()
      const bytes = folder.bytesOf(FIRST)
      for (let offset = 0; offset < length; offset++) {
        const damaged = new FragileFolder(new Map([[FIRST, withByte(bytes, offset, 1)]]))
        await assert.rejects(openFragile(damaged, new FakeClock()), refusal(FIRST, /./))
      }
    })
  }

  it('whose last record was cut short is opened without it, and that is logged', async () => {
    const folder = await filled(threeCommits)
    const bytes = folder.bytesOf(FIRST)
    const lastRecord = bytes.lastIndexOf(bytes.subarray(SEGMENT_HEAD_BYTES, SEGMENT_HEAD_BYTES + 4))
    for (let end = lastRecord + 1; end < bytes.length; end += 7) {
      const cut = new FragileFolder(new Map([[FIRST, bytes.subarray(0, end)]]))
      const log = new RecordingLog()
      const store = await openFragile(cut, new FakeClock(), { log })
      assert.deepEqual(await queued(store, 'c'), [[1, 'one']])
      const warning = log.entries.find(({ level }) => level === 'warn')
      assert.deepEqual(warning?.fields, { file: FIRST, bytes: end - lastRecord })
      await store.close()
    }
  })

  it('is read though a segment was begun and nothing in it counted', async () => {
    const folder = await filled(threeCommits)
    for (const begun of [Buffer.alloc(0), Buffer.alloc(10), folder.bytesOf(FIRST).subarray(0, 20), Buffer.alloc(100)]) {
      folder.replace(segmentName(2), begun)
      const store = await openFragile(folder, new FakeClock())
      assert.equal((await queued(store, 'c')).length, 2)
      await store.close()
    }
  })

  it('is written as the first version wrote it; a change of that is another format', async () => {
    const folder = new FragileFolder()
    const store = await openFragile(folder, new FakeClock())
    await fillWithEverything(store)
    assert.equal(folder.bytesOf(FIRST).toString('base64'), FIRST_VERSION)
    await store.close()
  })

  it('is read as the first version wrote it', async () => {
    const files = new Map([[FIRST, Buffer.from(FIRST_VERSION, 'base64')]])
    const clock = new FakeClock()
    const store = await openFragile(new FragileFolder(files), clock)
    assert.deepEqual(await contents(store, ['a', 'c'], clock.nowMs()), {
      due: ['a last words false'],
      queues: {
        a: [],
        c: [
          {
            position: 2,
            released: true,
            delivery: { qos: 2, retain: true, subscriptionIdentifiers: [9, 300] },
            text: 'second',
          },
        ],
      },
      retained: ['a/b kept'],
      listed: [`c ${JSON.stringify(subscription('f/#'))}`],
      sessions: [
        {
          present: false,
          previousHome: undefined,
          sentUpTo: 0,
          dueWill: undefined,
          received: [],
          filters: [],
        },
        { kind: 'owned-by-another' },
      ],
    })
  })
})

/** Everything there is, as {@link fillWithEverything} wrote it when the format was new. It must be read for ever. */
const FIRST_VERSION =
  'Z3VhcmRiZWUAAAABP/AAAAAAAAAAAAAAAAAAAKAAh/u9pc20oACH+wAAAAEAAABAAAAAAAAAAACWS2vIAQEBAWEOaXNzdWVyIHN1YmplY3QBAAEhA2EvYgpsYXN0IHdvcmRzCXB1Ymxpc2hlcgABQE4AAAAAAAAAAAAAAKAAh/sAAAABAAAAHQAAAAAAAAB8G4N5YQECAQFjDmlzc3VlciBzdWJqZWN0ApAcAAAAAAAAoACH+wAAAAEAAAASAAAAAAAAALHnhGNPBwICHgNmLyOsAh4EZ29uZawCoACH+wAAAAEAAAAIAAAAAAAAANu3DfOwCAIBBGdvbmWgAIf7AAAAAQAAAAcAAAAVAAAA+1v3ItUJFQABAQIBIQNhL2IFZmlyc3QJcHVibGlzaGVyoACH+wAAAAIAAAAPAAAAFgAAAS9ELo1jBgIHAQkWAAEWAgICCawCIgNhL2IGc2Vjb25kCXB1Ymxpc2hlcqAAh/sAAAABAAAAAwAAAAAAAAFs8g0lOQoCAqAAh/sAAAABAAAABAAAAAAAAAGHSxSeBgsCAQGgAIf7AAAAAQAAAAcAAAAUAAABo9oq948MFAADYS9iJQNhL2IEa2VwdAlwdWJsaXNoZXKgAIf7AAAAAQAAAAUAAAAVAAAB1gVQGcEMFQABeCUBeAdkcm9wcGVkCXB1Ymxpc2hlcqAAh/sAAAABAAAAAwAAAAAAAAIIn1vi2Q0BeKAAh/sAAAABAAAABwAAAAAAAAIjIQAcCQICA5AcAAKgAIf7AAAAAQAAAAwAAAAAAAACQnOKrHgDAn/wAAAAAAAAAAKgAIf7AAAAAQAAAB0AAAAAAAACZi9jpOEBAwEBZQ5pc3N1ZXIgc3ViamVjdASQHAAAAAAAAKAAh/sAAAABAAAAAgAAAAAAAAKb82A+VQUD'

async function fillWithEverything(store: Store): Promise<void> {
  const will = { message: message('last words'), delayIntervalSeconds: 0, messageExpiryIntervalSeconds: 60 }
  await claim(store, { clientId: 'a', sessionExpiryIntervalSeconds: 0, will })
  const { epoch } = await claim(store)
  await store.subscriptions.put('c', epoch, [subscription('f/#'), subscription('gone')])
  await store.subscriptions.remove('c', epoch, ['gone'])
  await append(store, 'first', 'c')
  const delivery = { qos: 2, retain: true, subscriptionIdentifiers: [9, 300] } as const
  const mark = { clientId: 'c', epoch, packetId: 7 }
  await store.queues.append([{ clientId: 'c', delivery }], message('second', { qos: 2 }), mark)
  await store.queues.markReleased('c', epoch, 2)
  await store.queues.remove('c', epoch, [1])
  await store.retained.put(message('kept', { retain: true }))
  await store.retained.put(message('dropped', { topicName: 'x', retain: true }))
  await store.retained.remove('x')
  const again = await claim(store)
  await store.sessions.release('c', again.epoch, { expiresAtMs: Infinity, willDueAtMs: undefined, sentUpTo: 2 })
  const ended = await claim(store, { clientId: 'e' })
  await store.sessions.end('e', ended.epoch)
}
