import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../src/retoucher/editor/api.js";
import { People } from "../../src/retoucher/editor/person/people.js";

const ANN = { name: "ann", finished: true };

/** A server that knows nobody at first, and whose jobs end as `follow` says. */
function server(follow, more = {}) {
  const asked = { made: [], cancelled: [], persons: [], making: null };
  return {
    asked,
    persons: async () => ({ persons: asked.persons, bases: [], making: asked.making, limits: { photos: 400, bytes: 9 } }),
    makePerson: async (texts, photos) => (asked.made.push([texts, photos]), { id: "job" }),
    deletePerson: async (name) => ((asked.persons = asked.persons.filter((each) => each.name !== name)), { deleted: [`persons/${name}/person.json`] }),
    cancel: async (id) => asked.cancelled.push(id),
    follow,
    ...more,
  };
}

/** Ends as done, after having told how far it is. */
function done(api) {
  return async (id, seen) => {
    seen({ fraction: 0.5, message: "learning the face", seconds_left: 9 });
    api().asked.persons = [ANN];
    return { status: "done", result: { person: ANN } };
  };
}

test("a person is made, and how far that is is told while it lasts", async () => {
  const api = server((...more) => done(() => api)(...more));
  const people = new People(api, async () => {}, () => assert.fail());
  const told = [];
  people.addEventListener("change", () => told.push(people.making && [people.making.job, people.making.fraction, people.making.left]));
  assert.deepEqual(await people.make({ name: "ann" }, ["photo"]), ANN);
  assert.deepEqual(api.asked.made, [[{ name: "ann" }, ["photo"]]]);
  assert.deepEqual(told.slice(0, 3), [["", 0, null], ["job", 0, null], ["job", 0.5, 9]]);
  assert.equal(told.at(-1), null);
  assert.deepEqual(people.get("ann"), ANN);
  assert.equal(people.get("bob"), null);
});

test("a server that was away is followed again when it is back", async () => {
  let tries = 0;
  const api = server(async () => {
    if (tries++ < 2) throw new ApiError("", 0);
    return { status: "done", result: { person: ANN } };
  });
  let waited = 0;
  const people = new People(api, async () => void waited++, () => {});
  assert.deepEqual(await people.make({ name: "ann" }, []), ANN);
  assert.equal(waited, 2);
});

test("what failed is said in the server's words, and nobody is being made any more", async () => {
  const people = new People(server(async () => ({ status: "failed", error: "Only 1 of the photos can be used.", result: null })), async () => {}, () => {});
  await assert.rejects(people.make({ name: "ann" }, []), /Only 1 of the photos/);
  assert.equal(people.making, null);
});

test("cancelled while the photos are on their way, the job is cancelled as soon as it has a name", async () => {
  const api = server(() => assert.fail("nothing is followed"), { makePerson: async () => (people.cancel(), { id: "late" }) });
  const people = new People(api, async () => {}, () => {});
  assert.equal(await people.make({ name: "ann" }, []), null);
  assert.deepEqual(api.asked.cancelled, ["late"]);
});

test("one that is being made since before a reload is followed, once", async () => {
  let end = () => {};
  const api = server(() => new Promise((resolve) => (end = () => resolve({ status: "cancelled", result: null }))));
  api.asked.making = { name: "ann", job: "old" };
  const found = [];
  const people = new People(api, async () => {}, (name, made) => found.push([name, made]));
  await people.load();
  await people.load();
  assert.equal(found.length, 1);
  assert.equal(people.making?.job, "old");
  people.cancel();
  assert.deepEqual(api.asked.cancelled, ["old"]);
  api.asked.making = null;
  end();
  assert.equal(await found[0][1], null);
  assert.equal(people.making, null);
});

test("after deleting the server is asked who is left", async () => {
  const api = server(() => assert.fail());
  api.asked.persons = [ANN];
  const people = new People(api, async () => {}, () => {});
  await people.load();
  assert.equal(people.persons.length, 1);
  assert.deepEqual(await people.delete("ann"), ["persons/ann/person.json"]);
  assert.deepEqual(people.persons, []);
});
