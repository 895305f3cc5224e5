using Loyalty.Connectors;
using System.Text;
using Loyalty.Connectors.Providers;
using Loyalty.Tests.Connectors.Server;
using Loyalty.Queue;

namespace Loyalty.Tests.Connectors;

/// <summary>Shops and audiences, each against a server that speaks the documented shapes.</summary>
public sealed class CrmConnectorTests
{
    private const string C7 = "\"tenant\": \"acme\", \"appId\": { \"env\": \"APP\" }, \"secret\": { \"env\": \"SECRET\" }, \"stages\": { \"Bronze\": \"tag-1\" }";
    private const string Shop = "\"token\": { \"env\": \"SECRET\" }, \"stages\": { \"Bronze\": \"tier-bronze\" }";
    private const string Chimp = "\"key\": { \"env\": \"SECRET\" }, \"list\": \"l1\", \"stages\": { \"Bronze\": \"tier-bronze\" }";

    [Fact]
    public async Task Commerce7_finds_by_the_normalised_address_and_tags()
    {
        await using var server = new ScriptedServer((r, _) => r.Path.StartsWith("/v1/customer?q=", StringComparison.Ordinal)
            ? ScriptedAnswer.Json("""{"customers":[{"id":"x","emails":[{"email":"ann@example.com.au"}]},{"id":"k1","emails":[{"email":"ANN@example.com"}]}],"total":2}""")
            : new ScriptedAnswer(200, "{}"));
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Given.Target(server, "commerce7", C7, "/v1"), Given.Add())).Class);
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Given.Target(server, "commerce7", C7, "/v1"), Given.Remove())).Class);
        Assert.Equal(["GET", "POST", "GET", "DELETE"], server.Seen.Select(static s => s.Method));
        Assert.Equal("/v1/customer?q=Ann%40Example.com&limit=50", server.Seen[0].Path);
        Assert.Equal("/v1/customer/k1/tag/tag-1", server.Seen[1].Path);
        Assert.Equal("/v1/customer/k1/tag/tag-1", server.Seen[3].Path);
        Assert.All(server.Seen, static s =>
        {
            Assert.Equal("acme", s.Headers["tenant"]);
            Assert.Equal("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("app-1:s3cret-value")), s.Headers["Authorization"]);
        });
    }

    [Theory]
    [InlineData(409)]
    [InlineData(422)]
    public async Task Commerce7_makes_a_customer_quietly_and_looks_again_when_there_is_one(int duplicate)
    {
        await using var fresh = new ScriptedServer((r, _) => ScriptedAnswer.Json(r.Method == "GET" ? """{"customers":[],"total":0}""" : """{"id":"k2"}"""));
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Given.Target(fresh, "commerce7", C7), Given.Add())).Class);
        Assert.Equal("/customer?isSendTransactionEmail=false", fresh.Seen[1].Path);
        Assert.Equal("Ann", fresh.Seen[1].Json.GetProperty("firstName").GetString());
        Assert.Equal("Ann@Example.com", fresh.Seen[1].Json.GetProperty("emails")[0].GetProperty("email").GetString());

        // The search misses the customer; the list of all, whose second page is the last, has it.
        await using var known = new ScriptedServer((r, _) => r switch
        {
            { Method: "POST", Path: "/customer?isSendTransactionEmail=false" } => ScriptedAnswer.Json("""{"statusCode":0,"type":"validation","message":"exists","errors":[]}""", duplicate),
            { Method: "POST" } => new ScriptedAnswer(200, "{}"),
            _ when r.Path.Contains("cursor=start", StringComparison.Ordinal) => ScriptedAnswer.Json("""{"customers":[{"id":"k0","emails":[]}],"cursor":"c2"}"""),
            _ when r.Path.Contains("cursor=c2", StringComparison.Ordinal) => ScriptedAnswer.Json("""{"customers":[{"id":"k9","emails":[{"email":"ann@example.com"}]}]}"""),
            _ => ScriptedAnswer.Json("""{"customers":[],"total":0}"""),
        });
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Given.Target(known, "commerce7", C7), Given.Add())).Class);
        Assert.Equal("/customer/k9/tag/tag-1", known.Seen[^1].Path);
    }

    /// <summary>Which status says that an address is taken is not verified: 409 and 422 do, or the one that the file names.</summary>
    [Theory]
    [InlineData("", 409, true)]
    [InlineData("", 422, true)]
    [InlineData("", 400, false)]
    [InlineData(", \"duplicateStatus\": \"400\"", 400, true)]
    [InlineData(", \"duplicateStatus\": \"400\"", 422, false)]
    [InlineData(", \"duplicateStatus\": \"409\"", 409, true)]
    [InlineData(", \"duplicateStatus\": \"409\"", 422, false)]
    [InlineData(", \"duplicateStatus\": \"422\"", 422, true)]
    [InlineData(", \"duplicateStatus\": \"422\"", 409, false)]
    public async Task Commerce7_looks_again_by_the_status_of_a_taken_address(string option, int status, bool looksAgain)
    {
        await using var server = new ScriptedServer((r, _) => r switch
        {
            { Method: "POST", Path: "/customer?isSendTransactionEmail=false" } => ScriptedAnswer.Json("""{"message":"not valid","errors":["the e-mail is taken"]}""", status),
            { Method: "POST" } => new ScriptedAnswer(200, "{}"),
            _ when r.Path.Contains("cursor=start", StringComparison.Ordinal) => ScriptedAnswer.Json("""{"customers":[{"id":"k9","emails":[{"email":"ann@example.com"}]}]}"""),
            _ => ScriptedAnswer.Json("""{"customers":[],"total":0}"""),
        });
        var answer = await Given.SendAsync(Given.Target(server, "commerce7", C7 + option), Given.Add());
        Assert.Equal(looksAgain ? (AnswerClass.Done, "") : (AnswerClass.Refused, $"{status} not valid: the e-mail is taken"), (answer.Class, answer.Text));
    }

    /// <summary>With 200 or with 201 is not verified.</summary>
    [Theory]
    [InlineData(200)]
    [InlineData(201)]
    public async Task Commerce7_has_made_a_customer_with_either_status(int status)
    {
        await using var server = new ScriptedServer((r, _) => r.Method == "GET" ? ScriptedAnswer.Json("""{"customers":[],"total":0}""") : ScriptedAnswer.Json("""{"id":"k2"}""", status));
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Given.Target(server, "commerce7", C7), Given.Add())).Class);
        Assert.Equal("/customer/k2/tag/tag-1", server.Seen[^1].Path);
    }

    /// <summary>A refusal may carry texts, objects, or no list at all.</summary>
    [Theory]
    [InlineData("""{"statusCode":422,"type":"validation","message":"bad","errors":[]}""", "422 bad")]
    [InlineData("""{"statusCode":422,"message":"bad","errors":["a","b"]}""", "422 bad: a; b")]
    [InlineData("""{"errors":[{"message":"a"},{"field":"x"}]}""", "422 a")]
    [InlineData("bad", "422 bad")]
    public async Task Commerce7_is_quoted_whatever_shape_its_words_have(string body, string text)
    {
        await using var server = new ScriptedServer((r, _) => r.Path.StartsWith("/customer?q", StringComparison.Ordinal) ? new ScriptedAnswer(422, body) : new ScriptedAnswer(200, "{}"));
        Assert.Equal(text, (await Given.SendAsync(Given.Target(server, "commerce7", C7), Given.Add())).Text);
    }

    [Fact]
    public async Task Commerce7_answers_200_with_errors_and_means_no()
    {
        await using var server = new ScriptedServer((r, _) => ScriptedAnswer.Json(r.Method == "GET"
            ? """{"customers":[{"id":"k1","emails":[{"email":"ann@example.com"}]}]}"""
            : """{"errors":["The tag is gone", {"message":"really"}]}"""));
        var answer = await Given.SendAsync(Given.Target(server, "commerce7", C7), Given.Add());
        Assert.Equal(AnswerClass.Refused, answer.Class);
        Assert.Equal("200 The tag is gone; really", answer.Text);
    }

    [Fact]
    public async Task Commerce7_adding_twice_and_removing_what_is_not_there_is_success()
    {
        await using var server = new ScriptedServer((r, _) => r switch
        {
            { Method: "POST" } => ScriptedAnswer.Json("""{"message":"is there"}""", 422),
            { Method: "DELETE" } => ScriptedAnswer.Json("""{"message":"is not there"}""", 404),
            { Path: "/customer/k1" } => ScriptedAnswer.Json("""{"id":"k1","tags":[{"id":"tag-1"}]}"""),
            _ => ScriptedAnswer.Json("""{"customers":[{"id":"k1","emails":[{"email":"ann@example.com"}]}]}"""),
        });
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Given.Target(server, "commerce7", C7), Given.Add())).Class);
        Assert.Equal(AnswerClass.Refused, (await Given.SendAsync(Given.Target(server, "commerce7", C7), Given.Remove())).Class); // it is there, and would not go
        await using var empty = new ScriptedServer(ScriptedAnswer.Json("""{"customers":[]}"""));
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Given.Target(empty, "commerce7", C7), Given.Remove())).Class);
        Assert.Equal(2, empty.Seen.Count); // the search, and the list of all
    }

    [Fact]
    public async Task Commerce7_tags_within_the_customer_keep_the_other_tags()
    {
        await using var server = new ScriptedServer((r, _) => r switch
        {
            { Path: "/customer/k1", Method: "GET" } => ScriptedAnswer.Json("""{"id":"k1","tags":[{"id":"other","title":"VIP"}]}"""),
            { Method: "PUT" } => ScriptedAnswer.Json("""{"id":"k1"}"""),
            _ => ScriptedAnswer.Json("""{"customers":[{"id":"k1","emails":[{"email":"ann@example.com"}]}]}"""),
        });
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Given.Target(server, "commerce7", C7 + ", \"tagForm\": \"customer\""), Given.Add())).Class);
        Assert.Equal("""{"tags":[{"id":"other","title":"VIP"},{"id":"tag-1"}]}""", server.Seen[^1].Text);
        var before = server.Seen.Count;
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Given.Target(server, "commerce7", C7 + ", \"tagForm\": \"customer\""), Given.Remove())).Class);
        Assert.DoesNotContain(server.Seen.Skip(before), static s => s.Method != "GET"); // it is not there
        await using var tagged = new ScriptedServer((r, _) => r switch
        {
            { Path: "/customer/k1", Method: "GET" } => ScriptedAnswer.Json("""{"id":"k1","tags":[{"id":"tag-1"},{"id":"other","title":"VIP"}]}"""),
            { Method: "PUT" } => ScriptedAnswer.Json("""{"id":"k1"}"""),
            _ => ScriptedAnswer.Json("""{"customers":[{"id":"k1","emails":[{"email":"ann@example.com"}]}]}"""),
        });
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Given.Target(tagged, "commerce7", C7 + ", \"tagForm\": \"customer\""), Given.Remove())).Class);
        Assert.Equal("""{"tags":[{"id":"other","title":"VIP"}]}""", tagged.Seen[^1].Text);
    }

    [Theory]
    [InlineData("", 10)]
    [InlineData(", \"percentUnit\": \"percent\"", 10)]
    [InlineData(", \"percentUnit\": \"hundredths\"", 1000)]
    public async Task Commerce7_percent_and_the_path_of_web_hooks_are_options(string option, int sent)
    {
        await using var server = new ScriptedServer(ScriptedAnswer.Json("""{"id":"coupon-1"}"""));
        using var shop = new Commerce7Connector(Given.Target(server, "commerce7", C7 + option + ", \"webHookPath\": \"webhook\""), TimeProvider.System);
        Assert.Equal("coupon-1", await shop.CreateCouponAsync("BRONZE", "Bronze", 10, "tag-1", new CallScope()));
        Assert.Equal(sent, server.Seen[0].Json.GetProperty("productDiscount").GetDecimal());
        await shop.CreateWebHookAsync("Order", "Create", new Uri("https://club.example/hook"), new CallScope());
        Assert.Equal("/webhook", server.Seen[1].Path);
        using var standard = new Commerce7Connector(Given.Target(server, "commerce7", C7), TimeProvider.System);
        await standard.CreateWebHookAsync("Order", "Create", new Uri("https://club.example/hook"), new CallScope());
        Assert.Equal("/web-hook", server.Seen[2].Path);
    }

    [Fact]
    public async Task Commerce7_by_club_makes_and_cancels_a_membership_once()
    {
        var members = """{"clubMemberships":[]}""";
        await using var server = new ScriptedServer((r, _) => r switch
        {
            { Method: "GET" } when r.Path.StartsWith("/club-membership", StringComparison.Ordinal) => ScriptedAnswer.Json(members),
            { Path: "/customer/k1/address" } => ScriptedAnswer.Json("""{"customerAddresses":[{"id":"a1","customerId":"k1","isDefault":false},{"id":"a2","customerId":"k1","isDefault":true}],"total":2}"""),
            { Path: "/customer/k1/credit-card" } => ScriptedAnswer.Json("""{"customerCreditCards":[{"id":"card-1","customerId":"k1","isDefault":true}],"total":1}"""),
            { Method: "GET" } => ScriptedAnswer.Json("""{"customers":[{"id":"k1","emails":[{"email":"ann@example.com"}]}]}"""),
            _ => ScriptedAnswer.Json("""{"id":"m1"}"""),
        });
        var target = Given.Target(server, "commerce7", C7 + ", \"discountBy\": \"club\"");
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(target, Given.Add())).Class);
        var made = server.Seen[^1];
        Assert.Equal(("POST", "/club-membership"), (made.Method, made.Path));
        Assert.Equal("a2", made.Json.GetProperty("billToCustomerAddressId").GetString());
        Assert.DoesNotContain(server.Seen, static s => s.Path.Contains("credit-card", StringComparison.Ordinal));
        Assert.False(made.Json.GetProperty("isSendEmailConfirmation").GetBoolean());
        members = """{"clubMemberships":[{"id":"m1","clubId":"tag-1","customerId":"k1","status":"Active","cancelDate":null}]}""";
        var before = server.Seen.Count;
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(target, Given.Add())).Class);
        Assert.DoesNotContain(server.Seen.Skip(before), static s => s.Method != "GET");
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(target, Given.Remove())).Class);
        Assert.Equal(("PUT", "/club-membership/m1"), (server.Seen[^1].Method, server.Seen[^1].Path));
    }

    [Theory]
    [InlineData(404)]
    [InlineData(200)]
    public async Task Commerce7_looks_for_the_address_in_the_list_of_all_when_the_customer_shows_none(int status)
    {
        await using var server = new ScriptedServer((r, _) => r switch
        {
            { Path: "/customer/k1/address" } => ScriptedAnswer.Json("""{"customerAddresses":[]}""", status),
            { Method: "GET" } when r.Path.StartsWith("/customer-address", StringComparison.Ordinal) => ScriptedAnswer.Json("""{"customerAddresses":[{"id":"a8","customerId":"k8"},{"id":"a1","customerId":"k1"}]}"""),
            { Method: "GET" } when r.Path.StartsWith("/club-membership", StringComparison.Ordinal) => ScriptedAnswer.Json("""{"clubMemberships":[]}"""),
            { Method: "GET" } => ScriptedAnswer.Json("""{"customers":[{"id":"k1","emails":[{"email":"ann@example.com"}]}]}"""),
            _ => ScriptedAnswer.Json("""{"id":"m1"}"""),
        });
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Given.Target(server, "commerce7", C7 + ", \"discountBy\": \"club\""), Given.Add())).Class);
        Assert.Equal("a1", server.Seen[^1].Json.GetProperty("billToCustomerAddressId").GetString());
    }

    /// <summary>Whether a membership may do without a card is not verified.</summary>
    [Theory]
    [InlineData("", 200, null)]
    [InlineData(", \"clubCard\": \"none\"", 200, null)]
    [InlineData(", \"clubCard\": \"default\"", 200, "card-2")]
    [InlineData(", \"clubCard\": \"default\"", 404, null)]
    public async Task Commerce7_names_a_card_for_the_membership_when_asked_to(string option, int cards, string? card)
    {
        await using var server = new ScriptedServer((r, _) => r switch
        {
            { Path: "/customer/k1/credit-card" } => ScriptedAnswer.Json("""{"customerCreditCards":[{"id":"card-1","customerId":"k1","isDefault":false},{"id":"card-2","customerId":"k1","isDefault":true}]}""", cards),
            { Path: "/customer/k1/address" } => ScriptedAnswer.Json("""{"customerAddresses":[]}"""),
            { Method: "GET" } when r.Path.StartsWith("/club-membership", StringComparison.Ordinal) => ScriptedAnswer.Json("""{"clubMemberships":[]}"""),
            { Method: "GET" } => ScriptedAnswer.Json("""{"customers":[{"id":"k1","emails":[{"email":"ann@example.com"}]}]}"""),
            _ => ScriptedAnswer.Json("""{"id":"m1"}"""),
        });
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Given.Target(server, "commerce7", C7 + ", \"discountBy\": \"club\"" + option), Given.Add())).Class);
        var made = server.Seen[^1];
        Assert.Equal("/club-membership", made.Path);
        Assert.Equal(card, made.Json.TryGetProperty("customerCreditCardId", out var sent) ? sent.GetString() : null);
        Assert.False(made.Json.TryGetProperty("billToCustomerAddressId", out _));
    }

    [Theory]
    [InlineData(429, AnswerClass.TryAgain)]
    [InlineData(401, AnswerClass.Refused)]
    [InlineData(403, AnswerClass.Done)] // an app that may not see addresses
    public async Task Commerce7_makes_no_membership_while_it_cannot_ask_for_the_address(int status, AnswerClass expected)
    {
        await using var server = new ScriptedServer((r, _) => r switch
        {
            { Method: "GET" } when r.Path.Contains("address", StringComparison.Ordinal) => new ScriptedAnswer(status),
            { Method: "GET" } when r.Path.StartsWith("/club-membership", StringComparison.Ordinal) => ScriptedAnswer.Json("""{"clubMemberships":[]}"""),
            { Method: "GET" } => ScriptedAnswer.Json("""{"customers":[{"id":"k1","emails":[{"email":"ann@example.com"}]}]}"""),
            _ => ScriptedAnswer.Json("""{"id":"m1"}"""),
        });
        var answer = await Given.SendAsync(Given.Target(server, "commerce7", C7 + ", \"discountBy\": \"club\""), Given.Add());
        Assert.Equal((expected, status == 401), (answer.Class, answer.StopsTarget));
        Assert.Equal(expected == AnswerClass.Done ? 1 : 0, server.Seen.Count(static s => s.Method == "POST"));
    }

    [Fact]
    public async Task Shopify_finds_sets_and_tags()
    {
        await using var server = new ScriptedServer((r, _) => ScriptedAnswer.Json(
            r.Text.Contains("customerByIdentifier", StringComparison.Ordinal) ? """{"data":{"customerByIdentifier":null}}"""
            : r.Text.Contains("customerSet", StringComparison.Ordinal) ? """{"data":{"customerSet":{"customer":{"id":"gid://shopify/Customer/7"},"userErrors":[]}}}"""
            : """{"data":{"tagsAdd":{"node":{"id":"gid://shopify/Customer/7"},"userErrors":[]}}}"""));
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Given.Target(server, "shopify", Shop + ", \"version\": \"2026-01\""), Given.Add())).Class);
        Assert.All(server.Seen, static s =>
        {
            Assert.Equal("/admin/api/2026-01/graphql.json", s.Path);
            Assert.Equal("s3cret-value", s.Headers["X-Shopify-Access-Token"]);
        });
        Assert.Equal("tier-bronze", server.Seen[2].Json.GetProperty("variables").GetProperty("tags")[0].GetString());
        Assert.Equal("gid://shopify/Customer/7", server.Seen[2].Json.GetProperty("variables").GetProperty("id").GetString());
        Assert.False(server.Seen[1].Json.GetProperty("variables").GetProperty("input").TryGetProperty("tags", out _)); // a list that is sent replaces the whole
        await using var none = new ScriptedServer(ScriptedAnswer.Json("""{"data":{"customerByIdentifier":null}}"""));
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Given.Target(none, "shopify", Shop), Given.Remove())).Class);
        Assert.Equal("/admin/api/2026-10/graphql.json", none.Seen[0].Path);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(429)]
    public async Task Shopify_throttled_waits_until_the_bucket_holds_the_cost(int status)
    {
        await using var server = new ScriptedServer(ScriptedAnswer.Json(
            """{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}],"extensions":{"cost":{"requestedQueryCost":752,"actualQueryCost":null,"throttleStatus":{"maximumAvailable":1000,"currentlyAvailable":252,"restoreRate":100}}}}""", status));
        var answer = await Given.SendAsync(Given.Target(server, "shopify", Shop), Given.Add());
        Assert.Equal(AnswerClass.TryAgain, answer.Class);
        Assert.Equal(TimeSpan.FromSeconds(5), answer.Wait);
    }

    [Theory]
    [InlineData("""{"requestedQueryCost":752,"throttleStatus":{"currentlyAvailable":0,"restoreRate":0}}""")]
    [InlineData("""{"requestedQueryCost":1e300,"throttleStatus":{"currentlyAvailable":-1e300,"restoreRate":1e-300}}""")]
    [InlineData("""{"requestedQueryCost":"many","throttleStatus":7}""")]
    public async Task Shopify_throttled_by_a_bucket_that_tells_nothing_waits_as_the_queue_does(string cost)
    {
        await using var server = new ScriptedServer(ScriptedAnswer.Json(
            "{\"errors\":[{\"message\":\"Throttled\",\"extensions\":{\"code\":\"THROTTLED\"}}],\"extensions\":{\"cost\":" + cost + "}}"));
        var answer = await Given.SendAsync(Given.Target(server, "shopify", Shop), Given.Add());
        Assert.Equal((AnswerClass.TryAgain, null), (answer.Class, answer.Wait));
    }

    [Fact]
    public async Task Shopify_errors_of_the_server_are_tried_again_and_those_of_the_caller_are_not()
    {
        async Task<DeliveryAnswer> With(string body)
        {
            await using var server = new ScriptedServer(ScriptedAnswer.Json(body));
            return await Given.SendAsync(Given.Target(server, "shopify", Shop), Given.Add());
        }

        Assert.Equal(AnswerClass.TryAgain, (await With("""{"errors":[{"message":"oops","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}""")).Class);
        Assert.Equal(AnswerClass.Refused, (await With("""{"errors":[{"message":"no","extensions":{"code":"ACCESS_DENIED"}}]}""")).Class);
        Assert.Equal(AnswerClass.Refused, (await With("""{"errors":[{"message":"no","extensions":{"code":"MAX_COST_EXCEEDED"}}]}""")).Class);
        Assert.Equal(AnswerClass.Unknown, (await With("""{"nothing":1}""")).Class);
        await using var refuses = new ScriptedServer((r, _) => ScriptedAnswer.Json(r.Text.Contains("customerByIdentifier", StringComparison.Ordinal)
            ? """{"data":{"customerByIdentifier":{"id":"gid://shopify/Customer/7","defaultEmailAddress":{"emailAddress":"ann@example.com"}}}}"""
            : """{"data":{"tagsAdd":{"node":null,"userErrors":[{"field":["id"],"message":"not found","code":"NOT_FOUND"}]}}}"""));
        var answer = await Given.SendAsync(Given.Target(refuses, "shopify", Shop), Given.Add());
        Assert.Equal((AnswerClass.Refused, "200 NOT_FOUND not found"), (answer.Class, answer.Text));
    }

    /// <summary>
    /// How many customers a discount holds, and what adding one twice or removing one who is not there answers, is not verified: a shop may take it
    /// or not, and what counts is who is in the list afterwards.
    /// </summary>
    [Theory]
    [InlineData("add", false, "", true)]
    [InlineData("add", false, "TOO_MANY", false)]
    [InlineData("add", true, "TAKEN", true)]
    [InlineData("add", true, "", true)]
    [InlineData("remove", true, "", true)]
    [InlineData("remove", false, "NOT_FOUND", true)]
    [InlineData("remove", false, "", true)]
    [InlineData("remove", true, "INVALID", false)]
    public async Task Shopify_by_discount_is_done_when_the_list_is_as_wanted(string operation, bool isIn, string error, bool isDone)
    {
        await using var server = new ScriptedServer((r, _) => ScriptedAnswer.Json(
            r.Text.Contains("customerByIdentifier", StringComparison.Ordinal) ? """{"data":{"customerByIdentifier":{"id":"gid://shopify/Customer/7"}}}"""
            : r.Text.Contains("discountCodeBasicUpdate", StringComparison.Ordinal)
                ? error.Length == 0 ? """{"data":{"discountCodeBasicUpdate":{"userErrors":[]}}}""" : "{\"data\":{\"discountCodeBasicUpdate\":{\"userErrors\":[{\"message\":\"no\",\"code\":\"" + error + "\"}]}}}"
            : "{\"data\":{\"codeDiscountNode\":{\"codeDiscount\":{\"context\":{\"customers\":[" + (isIn ? "{\"id\":\"gid://shopify/Customer/7\"}" : "") + "]}}}}}"));
        var target = Given.Target(server, "shopify", Shop.Replace("tier-bronze", "gid://shopify/DiscountCodeNode/1", StringComparison.Ordinal) + ", \"discountBy\": \"discount\"");
        var answer = await Given.SendAsync(target, operation is "add" ? Given.Add() : Given.Remove());
        Assert.Equal(isDone ? (AnswerClass.Done, "") : (AnswerClass.Refused, $"200 {error} no"), (answer.Class, answer.Text));
        var change = server.Seen[1].Json.GetProperty("variables").GetProperty("input").GetProperty("context").GetProperty("customers").GetProperty(operation);
        Assert.Equal("gid://shopify/Customer/7", Assert.Single(change.EnumerateArray()).GetString()); // one a call
    }

    [Theory]
    [InlineData("gid://shopify/DiscountCodeNode/1", "discountCodeBasicUpdate", "codeDiscountNode", "codeDiscount")]
    [InlineData("gid://shopify/DiscountAutomaticNode/1", "discountAutomaticBasicUpdate", "automaticDiscountNode", "automaticDiscount")]
    public async Task Shopify_by_discount_reads_back_on_doubt(string discount, string mutation, string node, string member)
    {
        await using var server = new ScriptedServer((r, _) => ScriptedAnswer.Json(
            r.Text.Contains("customerByIdentifier", StringComparison.Ordinal) ? """{"data":{"customerByIdentifier":{"id":"gid://shopify/Customer/7"}}}"""
            : r.Text.Contains(mutation, StringComparison.Ordinal) ? "{\"data\":{\"" + mutation + "\":{\"userErrors\":[{\"message\":\"already\",\"code\":\"TAKEN\"}]}}}"
            : "{\"data\":{\"" + node + "\":{\"" + member + "\":{\"context\":{\"customers\":[{\"id\":\"gid://shopify/Customer/7\"}]}}}}}"));
        var target = Given.Target(server, "shopify", Shop.Replace("tier-bronze", discount, StringComparison.Ordinal) + ", \"discountBy\": \"discount\"");
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(target, Given.Add())).Class);
        Assert.Equal(AnswerClass.Refused, (await Given.SendAsync(target, Given.Remove())).Class);
    }

    [Fact]
    public async Task Mailchimp_upserts_without_subscribing_and_tags()
    {
        await using var server = new ScriptedServer((r, _) => r.Method switch
        {
            "GET" => ScriptedAnswer.Json("""{"title":"Resource Not Found","status":404,"detail":"none"}""", 404),
            "PUT" => ScriptedAnswer.Json("""{"id":"h","status":"transactional"}"""),
            _ => new ScriptedAnswer(204),
        });
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Given.Target(server, "mailchimp", Chimp, "/3.0"), Given.Add())).Class);
        const string Member = "/3.0/lists/l1/members/257c57037d384ae37ea27a07e8a01665"; // MD5 of ann@example.com
        Assert.Equal(Member + "?skip_merge_validation=true", server.Seen[1].Path);
        Assert.Equal("""{"email_address":"Ann@Example.com","status_if_new":"transactional","merge_fields":{"FNAME":"Ann","LNAME":"Lee"}}""", server.Seen[1].Text);
        Assert.Equal("""{"tags":[{"name":"tier-bronze","status":"active"}],"is_syncing":false}""", server.Seen[2].Text);
        await using var none = new ScriptedServer(new ScriptedAnswer(404, "{}"));
        Assert.Equal(AnswerClass.Done, (await Given.SendAsync(Given.Target(none, "mailchimp", Chimp), Given.Remove())).Class);
    }

    [Fact]
    public async Task Mailchimp_says_slow_down_with_403_and_no_JSON_and_names_fields_or_not()
    {
        async Task<DeliveryAnswer> With(int status, string body)
        {
            await using var server = new ScriptedServer(new ScriptedAnswer(status, body));
            return await Given.SendAsync(Given.Target(server, "mailchimp", Chimp), Given.Remove());
        }

        Assert.Equal(AnswerClass.TryAgain, (await With(403, "<html>Forbidden</html>")).Class);
        Assert.Equal(AnswerClass.Refused, (await With(403, """{"title":"Forbidden","detail":"no"}""")).Class);
        Assert.Equal("400 bad (FNAME: too long)", (await With(400, """{"title":"Invalid","detail":"bad","errors":[{"field":"FNAME","message":"too long"}]}""")).Text);
        Assert.Equal("400 bad", (await With(400, """{"title":"Invalid","detail":"bad"}""")).Text);
    }
}
