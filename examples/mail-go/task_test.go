package main

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"bugle"
	"bugle/bugletest"
)

type settings = map[string]any

// A push of mails with these ids.
func mailsFrom(first, last int) string {
	var mails []map[string]string
	for id := first; id <= last; id++ {
		text := strconv.Itoa(id)
		mails = append(mails, map[string]string{"id": text, "from": "Ada", "subject": "Number " + text})
	}
	push, err := json.Marshal(mails)
	if err != nil {
		panic(err)
	}
	return string(push)
}

func push(content string, before settings) bugletest.Report {
	return bugletest.Run{Settings: before}.Push(run, content)
}

func titles(report bugletest.Report) (all []string) {
	for _, toast := range report.Toasts {
		all = append(all, toast.Title)
	}
	return all
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v, want %#v", got, want)
	}
}

func TestAMailBecomesAToastACountAndWork(t *testing.T) {
	report := push(
		`[{"id":"a1","from":"Ada","subject":"Notes","preview":"On the \"engine\""}]`,
		settings{unreadPath: int64(2)})
	equal(t, report.Outcome.Kind, "completed")
	equal(t, report.Toasts, []bugle.Toast{{
		Title: "Ada", Body: "Notes\nOn the \"engine\"", Tag: "a1", Group: "mail", Argument: "a1",
	}})
	equal(t, report.Settings, settings{unreadPath: int64(3), lastPath: "a1"})
	equal(t, report.Badge, uint32(3))
	equal(t, report.ResumeWork, map[string][]byte{"sync": []byte(`["a1"]`)})
	equal(t, report.LogText(), "new mails: 1, unread: 3")
}

func TestManyMailsShareOneToast(t *testing.T) {
	report := push(mailsFrom(1, 8), nil)
	equal(t, titles(report), []string{"Ada", "Ada", "Ada", "Ada", "Ada", "and 3 more"})
	equal(t, report.Badge, uint32(8))
}

func TestMailsThatWereAnnouncedAreSkipped(t *testing.T) {
	report := push(mailsFrom(1, 3), settings{lastPath: "2"})
	equal(t, len(report.Toasts), 1)
	equal(t, report.Settings[unreadPath], int64(1))

	report = push(mailsFrom(1, 3), settings{lastPath: "3"})
	equal(t, report.Outcome.Kind, "completed")
	equal(t, len(report.Toasts)+len(report.ResumeWork), 0)
	equal(t, report.LogText(), "mails: 3, none of them new")
}

func TestWhenTheHoursToastsAreUsedUpMailsStillCount(t *testing.T) {
	report := bugletest.Run{ToastsLeft: 1}.Push(run, mailsFrom(1, 3))
	equal(t, report.Outcome.Kind, "completed")
	equal(t, titles(report), []string{"Ada"})
	equal(t, report.Settings[unreadPath], int64(3))
	equal(t, report.Log[0].Level, bugle.LevelWarn)
}

func TestWhatIsNoListOfMailsIsRejectedAndChangesNothing(t *testing.T) {
	long := `[{"id":"` + strings.Repeat("x", 65) + `","from":"","subject":""}]`
	for content, message := range map[string]string{
		"{}":                                "the push is not a JSON list of mails, but another value",
		`[{"id":"1","from":"Ada"}]`:         "mail 1 of the push has no text `subject`",
		`[{"id":7,"from":"","subject":""}]`: "mail 1 of the push has no text `id`",
		"[3]":                               "mail 1 of the push has no text `id`",
		long:                                "mail 1 of the push has an id of 65 bytes, not 1 to 64",
	} {
		report := push(content, nil)
		equal(t, report.Outcome, bugle.Outcome{Kind: "rejected", Message: message})
		equal(t, len(report.Settings)+len(report.Toasts), 0)
	}
}

func TestWhatIsNoJSONIsRejectedWithWhatTheParserSays(t *testing.T) {
	of := func(escapes string) string { return `[{"id":"` + escapes + `","from":"","subject":""}]` }
	lone := []string{of(`\ud800`), of(`\udc00`), of(`\ud800\u0041`), of(`\ud800x`), of("\xff"),
		strings.Repeat("[", 128) + strings.Repeat("]", 128), strings.Repeat("[", 5_000),
		"[1e309]", "[NaN]", `["\`, `["\u12`, `["\ud800\`}
	for _, content := range append(lone, "", "[") {
		report := push(content, nil)
		equal(t, report.Outcome.Kind, "rejected")
		if !strings.HasPrefix(report.Outcome.Message, "the push is not a JSON list of mails: ") {
			t.Error(report)
		}
	}
	report := push(of(`\\ud800\ud83d\ude00`), nil)
	equal(t, report.Settings[lastPath], `\ud800😀`)
}

func TestASettingOfAnotherTypeFailsAndSaysSo(t *testing.T) {
	report := push(mailsFrom(1, 1), settings{unreadPath: "many"})
	message := "the setting `inbox/unread` is of the type text, not integer"
	equal(t, report.Outcome, bugle.Outcome{Kind: "failed", Message: message})
	equal(t, len(report.Toasts), 0)
}

func TestAnotherTriggerIsRejected(t *testing.T) {
	report := bugletest.Run{}.Wake(run, &bugle.TimerTick{Name: "hourly"})
	message := "this task takes raw notifications only, and was woken by `timer`"
	equal(t, report.Outcome, bugle.Outcome{Kind: "rejected", Message: message})
}
