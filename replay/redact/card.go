package redact

// cardEnd returns where the card number that begins at i ends; 0 where there is none. Its
// digits stand together, or in groups of three to six with one space or hyphen between.
// A longer number of groups is tried before a shorter one, since an expiry date may follow.
func cardEnd(s string, i int) int {
	if i > 0 && (wordByte(s[i-1]) || s[i-1] == '.' || s[i-1] == '+') {
		return 0 // the end of an id, a decimal, a negative number, a telephone number
	}
	var digits [20]byte
	var ends [10]int
	n, groups, best := 0, 0, 0
	for p := i; groups < len(ends); p++ {
		begin := p
		for p < len(s) && classes[s[p]] == digit {
			if n == 19 {
				return best
			}
			digits[n] = s[p] - '0'
			n++
			p++
		}
		ends[groups] = p
		size := p - begin
		groups++
		if (groups == 1 || size >= 3 && size <= 6 && ends[0]-i <= 6) && boundary(s, p) && cardNumber(digits[:n]) {
			best = p
		}
		if p+1 >= len(s) || s[p] != ' ' && s[p] != '-' || classes[s[p+1]] != digit {
			return best
		}
	}
	return best
}

// boundary says that a number may end at p: no letter and no decimals follow.
func boundary(s string, p int) bool {
	if p == len(s) {
		return true
	}
	if s[p] == '.' {
		return p+1 == len(s) || classes[s[p+1]] != digit
	}
	return s[p] == '-' || !wordByte(s[p])
}

// cardNumber says whether the digits can be a card's: a length and a first digit that are issued, and
// a right check digit. Times in milliseconds and nanoseconds begin with 1, which no card does.
func cardNumber(d []byte) bool {
	switch len(d) {
	case 13:
		return (d[0] >= 4 && d[0] <= 6) && luhn(d)
	case 14, 15:
		return d[0] == 3 && luhn(d)
	case 16:
		return (d[0] >= 2 && d[0] <= 6 || d[0] == 8) && luhn(d)
	case 17, 18, 19:
		return d[0] >= 4 && d[0] <= 6 && luhn(d)
	}
	return false
}

// luhn checks the check digit.
func luhn(d []byte) bool {
	sum := 0
	for i, c := range d {
		v := int(c)
		if (len(d)-i)%2 == 0 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}
