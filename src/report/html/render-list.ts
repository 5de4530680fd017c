import {type Html, html} from './html.ts';

/** The list of rollouts as it stands before its script fills it. */
export function renderList(isCompared: boolean): Html {
  return html`<section aria-labelledby="rollouts">
<h2 id="rollouts">Rollouts</h2>
<noscript><p class="note">The list of rollouts needs JavaScript. Everything above does not.</p></noscript>
<form id="filters">
<label class="search">Search <input type="search" name="search" autocomplete="off" placeholder="in question, answer, judge and the rest; Enter"></label>
<label>Task <input type="text" inputmode="numeric" name="task" size="7" autocomplete="off"></label>
<label>Outcome <select name="outcome"><option value="">any</option></select></label>
<label>Verdict <select name="verdict"><option value="">any</option></select></label>
<label>Agent <select name="agent"><option value="">any</option></select></label>
<label>Reward from <input type="number" step="any" name="least" autocomplete="off"></label>
<label>to <input type="number" step="any" name="most" autocomplete="off"></label>
${isCompared ? html`<label>Change <select name="change"><option value="">any</option><option value="worse">worse</option><option value="better">better</option><option value="same">same</option></select></label>` : ''}
<button type="submit">Apply</button>
<button type="reset">Clear</button>
</form>
<p id="found" role="status"></p>
<div class="wide"><table id="list"><thead></thead><tbody></tbody></table></div>
<nav id="pages" aria-label="Pages of the list"><button type="button" name="back">Previous</button> <label>Page <input type="number" name="page" min="1" value="1"></label> <span id="page-count"></span> <button type="button" name="on">Next</button></nav>
</section>
`;
}
