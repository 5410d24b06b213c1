import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TakenDue } from '../../../src/store/taken-due.ts'

const due = { clientId: 'c', epoch: 1, will: undefined, expired: true }

/** What is taken, with what its journal was told. */
function recorded(): { readonly taken: TakenDue; readonly told: readonly string[] } {
  const told: string[] = []
  const taken = new TakenDue({
    taken: ({ ticket }) => told.push(`taken ${ticket}`),
    settled: ticket => told.push(`settled ${ticket}`),
  })
  return { taken, told }
}

describe('TakenDue', () => {
  it('tells the journal what is taken and what is settled, and not who has it', () => {
    const { taken, told } = recorded()
    const { ticket } = taken.take('node/1', due)
    taken.giveBack('node/1')
    assert.equal(taken.takeAgain('node/2')?.ticket, ticket)
    taken.settle('node/1', ticket)
    assert.deepEqual(told, ['taken 1'])
    taken.settle('node/2', ticket)
    taken.settle('node/2', ticket)
    assert.deepEqual(told, ['taken 1', 'settled 1'])
  })

  it('finds what is not settled, whoever has it', () => {
    const { taken } = recorded()
    const { ticket } = taken.take('node/1', due)
    assert.deepEqual(taken.find(ticket), { ticket, ...due })
    taken.giveBack('node/1')
    assert.deepEqual(taken.find(ticket), { ticket, ...due })
    taken.takeAgain('node/1')
    taken.settle('node/1', ticket)
    assert.equal(taken.find(ticket), undefined)
    assert.equal(taken.takeAgain('node/1'), undefined)
  })

  it('uses no ticket again that an earlier process has left', () => {
    const { taken, told } = recorded()
    taken.adopt({ ticket: 7, ...due })
    assert.deepEqual(told, [])
    assert.equal(taken.take('node/1', due).ticket, 8)
    assert.equal(taken.takeAgain('node/1')?.ticket, 7)
  })
})
