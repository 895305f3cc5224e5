using Loyalty.Activities;
using Loyalty.Ingest;
using Loyalty.Ingest.Values;
using Loyalty.Money;

namespace Loyalty.Tests.Ingest.Adjustments;

public sealed class AdjustmentsFileTests
{
    private const string Header = "id,handle,date,sales,units,reason\n";

    [Fact]
    public void Rows_become_adjustments_in_their_order()
    {
        var (file, rejects) = ReadFile.Adjustments(
            "\uFEFF" + Header + "a-1,@Ann,2025-01-15,$300.00,2,\"offline, \"\"spring\"\"\"\r\na-1,ann,2025-01-16,-5,-1,\na-2,ann,2025-01-17,,--,N/A\n");
        Assert.Equal(
            [
                new Adjustment("a-1", "ann", new DateOnly(2025, 1, 15), 30_000, 2, "offline, \"spring\""),
                new Adjustment("a-1", "ann", new DateOnly(2025, 1, 16), -500, -1, ""),
                new Adjustment("a-2", "ann", new DateOnly(2025, 1, 17), 0, 0, "N/A"),
            ],
            file.Adjustments);
        Assert.Empty(rejects);
    }

    [Theory]
    [InlineData(" ID ,Handle,DATE,Sales,Units,Reason")]
    [InlineData("Id,handle,date,sales,units,reason")]
    public void Headers_are_matched_as_in_the_videos_file(string header) =>
        Assert.Single(ReadFile.Adjustments(header + "\n1,ann,2025-01-15,1,1,x\n").File.Adjustments);

    [Fact]
    public void S11_Order_is_free_the_reason_may_be_absent_and_other_columns_are_listed()
    {
        var (file, _) = ReadFile.Adjustments("units,who,sales,date,handle,id\n1,me,2,2025-01-15,ann,007\n");
        Assert.Equal(new Adjustment("007", "ann", new DateOnly(2025, 1, 15), 200, 1, ""), Assert.Single(file.Adjustments));
        Assert.Equal(["who"], file.UnknownColumns);
        var refusal = Assert.Throws<SourceException>(() => ReadFile.Adjustments("id,handle,sales\n"));
        Assert.Contains("lacks 'date', 'units'", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(",ann,2025-01-15,1,1,x", "id", "blank", "")]
    [InlineData("--,ann,2025-01-15,1,1,x", "id", "blank", "--")]
    [InlineData("1,,2025-01-15,1,1,x", "handle", "placeholder", "")]
    [InlineData("1,a***n,2025-01-15,1,1,x", "handle", "masked", "a***n")]
    [InlineData("1,ann,,1,1,x", "date", "blank", "")]
    [InlineData("1,ann,15/01/2025,1,1,x", "date", CellDate.NotADate, "15/01/2025")]
    [InlineData("1,ann,2025-01-15,1.2K,1,x", "sales", CellNumber.NotAnAmount, "1.2K")]
    [InlineData("1,ann,2025-01-15,1.234,1,x", "sales", CellNumber.TooManyDecimals, "1.234")]
    [InlineData("1,ann,2025-01-15,1,1.5,x", "units", CellNumber.NotANumber, "1.5")]
    [InlineData("1,ann,2025-01-15,1,--5,x", "units", CellNumber.NotANumber, "--5")]
    [InlineData("1,ann,2025-01-15,1,99999999999999999999,x", "units", CellNumber.TooLarge, "99999999999999999999")]
    [InlineData("id,handle,date,sales,units,reason", "date", CellDate.NotADate, "date")]
    [InlineData("Total,,,100,5,", "handle", "placeholder", "")]
    public void A_faulty_row_is_rejected_for_its_first_fault(string row, string column, string reason, string value)
    {
        var (file, rejects) = ReadFile.Adjustments(Header + "1,ann,2025-01-15,1,1,x\n" + row + "\n");
        Assert.Single(file.Adjustments);
        Assert.Equal(new Rejected(3, column, reason, value, row), Assert.Single(rejects));
    }

    [Theory]
    [InlineData("1,ann,2025-01-15,1,1")]
    [InlineData("1,ann,2025-01-15,1,1,a\"b")]
    [InlineData("\\.")]
    public void C08_Rows_out_of_shape_are_rejected_as_a_whole(string row)
    {
        var reject = Assert.Single(ReadFile.Adjustments(Header + row + "\n").Rejects);
        Assert.Equal((2, "", "", row), (reject.Line, reject.Column, reject.Value, reject.Raw));
    }

    [Fact]
    public void C18_Ids_are_text()
    {
        var (file, _) = ReadFile.Adjustments(Header + "007,ann,2025-01-15,1,1,\n7,ann,2025-01-15,1,1,\n1E5,ann,2025-01-15,1,1,\n12345678901234567890,ann,2025-01-15,1,1,\n A ,ann,2025-01-15,1,1,\n");
        Assert.Equal(["007", "7", "1E5", "12345678901234567890", "A"], file.Adjustments.Select(static a => a.Id));
    }

    [Fact]
    public void An_id_that_is_too_long_for_a_store_is_rejected()
    {
        var (file, rejects) = ReadFile.Adjustments($"{Header}{new string('x', 2_049)},ann,2025-01-15,1,1,\n{new string('y', 2_048)},ann,2025-01-15,1,1,\n");
        Assert.Equal('y', Assert.Single(file.Adjustments).Id[0]);
        Assert.Equal(("id", "longer than 2,048 bytes"), (Assert.Single(rejects).Column, rejects[0].Reason));
    }

    [Fact]
    public void Rows_whose_handle_no_member_has_are_rejected_between_the_others_in_order_of_lines()
    {
        var (_, rejects) = ReadFile.Adjustments(
            Header + "1,ann,2025-01-15,1,1,\n2,Nobody,2025-01-15,1,1,x\n3,ann,,1,1,\n4,@other,2025-01-15,1,1,\n", null, 1, 2);
        Assert.Equal(
            [
                new Rejected(3, "handle", "unknown handle; no member has it", "Nobody", "2,Nobody,2025-01-15,1,1,x"),
                new Rejected(4, "date", "blank", "", "3,ann,,1,1,"),
                new Rejected(5, "handle", "unknown handle; no member has it", "@other", "4,@other,2025-01-15,1,1,"),
            ],
            rejects);
    }

    [Fact]
    public void Digits_are_those_of_the_currency()
    {
        Assert.Equal(-1_500, ReadFile.Adjustments(Header + "1,ann,2025-01-15,\"-1,500\",0,\n", Currency.Get("JPY")).File.Adjustments[0].Sales);
        Assert.Equal(-1_500, ReadFile.Adjustments(Header + "1,ann,2025-01-15,-1.5,0,\n", Currency.Get("BHD")).File.Adjustments[0].Sales);
    }

    [Fact]
    public void S07_A_file_without_a_header_is_refused_and_a_header_alone_has_no_rows()
    {
        Assert.Equal(SourceFault.Empty, Assert.Throws<SourceException>(() => ReadFile.Adjustments("")).Fault);
        Assert.Equal(0, ReadFile.Adjustments(Header).File.RowsRead);
    }
}
