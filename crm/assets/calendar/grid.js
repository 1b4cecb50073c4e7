// Day, week and month by FullCalendar: which options, and our classes instead of a theme of its own.
import dayGridPlugin from "fullcalendar/daygrid";
import interactionPlugin from "fullcalendar/interaction";
import timeGridPlugin from "fullcalendar/timegrid";

import { icon, make } from "../core/words.js";

export const VIEWS = { day: "timeGridDay", week: "timeGridWeek", month: "dayGridMonth" };
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

const day = (info) => `fc-day${info.isToday ? " now" : ""}${[0, 6].includes(info.dow) ? " off" : ""}${info.isOther ? " out" : ""}`;

export function options(config) {
  const { words } = config;
  return {
    plugins: [dayGridPlugin, timeGridPlugin, interactionPlugin],
    timeZone: config.zone,
    locale: config.language === "fr" ? "fr" : "en-GB",
    firstDay: 1,
    weekNumberCalculation: "ISO",
    weekNumberFormat: { week: "numeric" },
    views: { [VIEWS.month]: { weekNumbers: true } },
    headerToolbar: false,
    height: "100%",
    expandRows: true,
    nowIndicator: true,
    navLinks: false,
    scrollTime: "07:30:00",
    slotDuration: "00:30:00",
    snapDuration: "00:15:00",
    slotMinHeight: 26,
    slotHeaderInterval: "01:00:00",
    slotHeaderFormat: CLOCK,
    eventTimeFormat: CLOCK,
    slotEventOverlap: false,
    eventMinHeight: 20,
    eventShortHeight: 40,
    dayMaxEvents: true,
    eventInteractive: true,
    eventOrder: "start,-duration,title",
    editable: true,
    eventResizableFromStart: false,
    selectable: Boolean(config.urls.add),
    selectMirror: false,
    unselectAuto: false,
    longPressDelay: 350,
    allDayMaintainDuration: true,
    defaultTimedEventDuration: "01:00",
    forceEventDuration: true,
    allDayText: words.allDay,
    timedText: words.timed,
    weekTextLong: words.week.replace(" {number}", ""),
    moreLinkText: (count) => (count === 1 ? words.oneMore : words.more.replace("{count}", count)),
    popoverFormat: { weekday: "long", day: "numeric", month: "long" },
    popoverCloseContent: () => ({ domNodes: [icon("x")] }),
    moreLinkHint: () => words.moreHint,
    closeHint: words.close,
    fixedWeekCount: false,
    borderless: true,
    // Classes instead of a theme.
    className: "c-fc",
    viewClass: "fc-view",
    tableHeaderClass: "fc-head",
    tableBodyClass: "fc-body",
    dayHeaderClass: (info) => `fc-dayhead ${day(info)}`,
    dayHeaderInnerClass: "fc-dayhead-in",
    dayHeaderContent: headOf,
    // It hides the text and says the date instead, which leaves the heading without content.
    dayHeaderDidMount: ({ el }) => el.querySelector("[aria-hidden]")?.removeAttribute("aria-hidden"),
    dayHeaderDividerClass: "fc-divider",
    dayCellClass: (info) => day(info),
    dayCellTopClass: "fc-daytop",
    dayCellTopInnerClass: "fc-daynum",
    dayRowClass: "fc-dayrow",
    dayLaneClass: (info) => day(info),
    dayLaneInnerClass: "fc-lane",
    slotLaneClass: (info) => `fc-slot${info.isMinor ? " minor" : ""}`,
    slotHeaderClass: "fc-hour",
    slotHeaderInnerClass: "fc-hour-in",
    slotHeaderDividerClass: "fc-axis",
    allDayHeaderClass: "fc-allday",
    allDayHeaderInnerClass: "fc-allday-in",
    allDayDividerClass: "fc-divider",
    weekNumberHeaderClass: "fc-week",
    weekNumberHeaderInnerClass: "fc-week-in",
    inlineWeekNumberClass: "fc-weeknum",
    blockEventClass: "fc-block",
    rowEventClass: "fc-row-ev",
    columnEventClass: "fc-col-ev",
    rowEventAfterClass: (info) => grip(info, "x"),
    columnEventAfterClass: (info) => grip(info, "y"),
    listItemEventClass: "fc-item",
    moreLinkClass: "fc-more",
    highlightClass: "fc-slotmark",
    nowIndicatorLineClass: "fc-now",
    nowIndicatorDotClass: "fc-nowdot",
    popoverClass: "fc-pop",
    popoverCloseClass: "fc-popclose",
  };
}

// What stretches an event: its edge under a mouse, a knob on one that a finger holds.
function grip(info, axis) {
  if (!info.isEndResizable) return "";
  return info.isSelected ? `fc-grip-${axis} touch` : `fc-grip-${axis}`;
}

// "lun. 18", the number of today on a disc.
function headOf(info) {
  if (info.inPopover) return { domNodes: [make("span", { class: "long" }, info.text)] };
  if (info.view.type === VIEWS.month) return { domNodes: [make("span", {}, info.weekdayText || info.text)] };
  const number = make("b", {}, info.dayNumberText);
  return { domNodes: [make("span", {}, info.weekdayText, " ", number)] };
}
