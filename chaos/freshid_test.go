package chaos

import (
	"math/rand/v2"
	"regexp"
	"testing"
)

// A fresh id has the form of the old one: endpoints check forms, and columns have types.
func TestFreshIDKeepsTheForm(t *testing.T) {
	for old, form := range map[string]string{
		"evt_1NG8Du2eZvKYlo2CUI79vXWy":          `^evt_[0-9A-Za-z]{24}$`,
		"1347":                                  `^[1-8]\d{8}$`,
		"6722181529774":                         `^[1-8]\d{14}$`,
		"7914073381342284":                      `^[1-8]\d{15}$`,
		"820982911946154508":                    `^[1-8]\d{17}$`,
		"b54557e4-bdd9-4b37-8a5f-bf7d70bcd043":  `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$`,
		"SM0123456789abcdef0123456789abcdef":    `^SM[0-9a-f]{32}$`,
		"Ev08MFMKH6":                            `^Ev[0-9A-Z]{16}$`,
		"WH-58D329510W468432D-8HN650336L201105": `^WH-[0-9A-Z]{17}-[0-9A-Z]{16}$`,
		"AUTHORISATION_KHQC5N7G84BLNK43":        `^AUTHORISATION_[0-9A-Z]{16}$`,
		"20130503182626.18666.16540@a.example":  `^\d{14}\.\d{5}\.\d{5}@a\.example$`,
		"da39a3ee5e6b4b0d3255bfef95601890afd80": `^[0-9a-f]{37}$`,
		"ord.1":                                 `^ord\.\d+$`,
		"a":                                     `^[0-9a-zA-Z]{16}$`,
	} {
		got := freshID(rand.New(rand.NewPCG(1, 2)), old)
		if !regexp.MustCompile(form).MatchString(got) || got == old {
			t.Errorf("%s became %s, want %s", old, got, form)
		}
	}
}
