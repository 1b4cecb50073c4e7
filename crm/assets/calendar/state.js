// What the calendar shows: view, day, ticked people, types and agencies, colours. It stands in the address.

const LISTS = ["people", "types", "agencies"];

/** The state that the server read from the address; `every` has the names of all types and agencies. */
export class State {
  constructor(asked, every) {
    this.every = every;
    this.view = asked.view;
    this.date = asked.date;
    this.color = asked.color;
    this.people = new Set(asked.people.map(String));
    // None named means all of them.
    this.types = new Set(asked.types.length ? asked.types : every.types);
    this.agencies = new Set(asked.agencies.length ? asked.agencies.map(String) : every.agencies);
  }

  /** The query string for `view` and `date`, or for the rows without both. */
  query({ withPlace = true } = {}) {
    const query = new URLSearchParams();
    if (withPlace) {
      query.set("view", this.view);
      query.set("date", this.date);
    }
    query.set("people", [...this.people].join(","));
    if (this.color !== "person") query.set("color", this.color);
    for (const name of ["types", "agencies"]) {
      if (this[name].size && this[name].size < this.every[name].length) query.set(name, [...this[name]].join(","));
    }
    return query;
  }

  get address() {
    return `${location.pathname}?${this.query().toString().replaceAll("%2C", ",")}`;
  }

  /** Nothing can be shown: nobody is ticked, or no type or agency. */
  get isEmpty() {
    return !this.people.size || !this.types.size || (this.every.agencies.length > 0 && !this.agencies.size);
  }

  /** Read an earlier address again, after the browser's back button. */
  read(text) {
    const query = new URLSearchParams(text);
    for (const name of ["view", "date"]) if (query.get(name)) this[name] = query.get(name);
    this.color = query.get("color") ?? "person";
    for (const name of LISTS) {
      const value = query.get(name);
      if (value !== null) this[name] = new Set(value.split(",").filter(Boolean));
      else if (name !== "people") this[name] = new Set(this.every[name]);
    }
  }
}
