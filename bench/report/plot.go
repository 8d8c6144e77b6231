package main

import (
	"bytes"
	"math"

	"github.com/wcharczuk/go-chart/v2"
	"github.com/wcharczuk/go-chart/v2/drawing"
)

const plotFolder = "benchmarks"

// plot is a dot for each row's median and a line for its range.
type plot struct {
	title    string
	baseline float64 // where a line stands; 0: none
	names    []string
	values   []spread
}

func (p *plot) add(name string, v spread) {
	p.names = append(p.names, name)
	p.values = append(p.values, v)
}

// draw keeps a plot for the document.
func (s *session) draw(name string, p plot) {
	if s.plots == nil {
		s.plots = map[string]plot{}
	}
	s.plots[name] = p
}

// image shows a plot in the document.
func image(name string) string { return "![" + name + "](" + plotFolder + "/" + name + ".svg)\n" }

func (p plot) svg() ([]byte, error) {
	blue, grey := drawing.ColorFromHex("1f5fa8"), drawing.ColorFromHex("999999")
	n := len(p.values)
	c := chart.Chart{
		Title:      p.title,
		TitleStyle: chart.Style{FontSize: 10},
		Width:      1000,
		Height:     90 + 26*n,
		Background: chart.Style{Padding: chart.Box{Top: 40, Left: 20, Right: 40, Bottom: 10}},
		YAxis:      chart.YAxis{Range: &chart.ContinuousRange{Min: 0, Max: float64(n + 1)}},
	}
	most := p.baseline
	for i, v := range p.values {
		y := float64(n - i)
		most = max(most, v.Most)
		c.YAxis.Ticks = append(c.YAxis.Ticks, chart.Tick{Value: y, Label: p.names[i]})
		c.Series = append(c.Series,
			chart.ContinuousSeries{Style: chart.Style{StrokeColor: grey, StrokeWidth: 2}, XValues: []float64{v.Least, v.Most}, YValues: []float64{y, y}},
			chart.ContinuousSeries{Style: chart.Style{StrokeColor: drawing.ColorTransparent, DotColor: blue, DotWidth: 4}, XValues: []float64{v.Median, v.Median}, YValues: []float64{y, y}})
	}
	c.YAxis.Ticks = append([]chart.Tick{{Value: 0}}, append(c.YAxis.Ticks, chart.Tick{Value: float64(n + 1)})...)
	step := nice(most / 8)
	for x := 0.0; x < most+step; x += step {
		c.XAxis.Ticks = append(c.XAxis.Ticks, chart.Tick{Value: x, Label: figure(x)})
	}
	c.XAxis.Range = &chart.ContinuousRange{Min: 0, Max: c.XAxis.Ticks[len(c.XAxis.Ticks)-1].Value}
	if p.baseline > 0 {
		c.Series = append(c.Series, chart.ContinuousSeries{
			Style:   chart.Style{StrokeColor: drawing.ColorFromHex("c0392b"), StrokeWidth: 1, StrokeDashArray: []float64{5, 3}},
			XValues: []float64{p.baseline, p.baseline}, YValues: []float64{0, float64(n + 1)},
		})
	}
	var out bytes.Buffer
	if err := c.Render(chart.SVG, &out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// nice is the next larger of 1, 2.5 and 5 times a power of ten.
func nice(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, n := range []float64{1, 2.5, 5} {
		if n*power >= v {
			return n * power
		}
	}
	return 10 * power
}
